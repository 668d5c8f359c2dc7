// Just enough MIME to show a mail to a person: nested multiparts, quoted-printable, base64, UTF-8 and Latin-1, encoded
// words (RFC 2045, 2046, 2047). Written apart from the code that composes mails, so that it does not share its errors.
// Input is untrusted: nothing here fails, what cannot be read is shown as it came.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/html.hpp"

namespace spreaders::sandbox {

constexpr size_t kMimePartsMax = 100;
constexpr size_t kMimeDepthMax = 10;
constexpr size_t kMimeLinksMax = 500;

// The unfolded value of the first header with that name (any case); empty when there is none.
std::string find_header(std::string_view headers, std::string_view lower_name);
// RFC 2047 encoded words become UTF-8; other text stays.
std::string decode_words(std::string_view text);

struct Readable {
  std::string html;                      // the first text/html part
  std::string text;                      // the first text/plain part
  std::vector<std::string> attachments;  // content types of everything else
};
Readable read_mail(std::string_view headers, std::string_view body);

struct Link {
  std::string url;   // entities decoded
  std::string text;  // what a person sees, tags taken out
};
// <a href> of an HTML part, in order; <img src> likewise.
std::vector<Link> find_links(std::string_view html);
std::vector<std::string> find_images(std::string_view html);

// One <form>: its action and the names and values of its inputs. The sandbox reads its own order page with it.
struct Form {
  std::string action;
  std::vector<std::pair<std::string, std::string>> fields;
};
std::vector<Form> find_forms(std::string_view html);

}  // namespace spreaders::sandbox
