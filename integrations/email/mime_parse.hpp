// Reads mail that came from outside: header fields and the tree of parts (RFC 5322, RFC 2045 to 2047). Never fails:
// whatever is broken or past a limit is left out, and what could be read is there. Line ends may be CRLF or LF. The
// parts point into `message`, which must outlive them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spreaders::email {

struct MimeLimits {
  size_t bytes_max = 1024 * 1024;  // the rest of the message is not looked at
  size_t depth_max = 6;
  size_t parts_max = 64;
  size_t fields_max = 400;  // in one part
  size_t field_bytes_max = 8 * 1024;
};

using MimeFields = std::vector<std::pair<std::string, std::string>>;  // lower-case name, unfolded value

struct MimePart {
  MimeFields fields;
  std::string type = "text/plain";  // lower case
  MimeFields parameters;            // of Content-Type
  std::string_view body;            // still encoded
  std::vector<MimePart> children;   // of multipart/* and message/rfc822
};

MimePart parse_mime(std::string_view message, const MimeLimits& limits = {});

// "name: value" lines up to the first empty line; `rest` becomes what follows it.
MimeFields parse_fields(std::string_view text, const MimeLimits& limits = {}, std::string_view* rest = nullptr);

// The first field of that name, or an empty text.
std::string_view field(const MimeFields& fields, std::string_view lower_name);

// The body with its transfer encoding undone; at most `bytes_max` bytes are produced.
std::string decoded_body(const MimePart& part, size_t bytes_max = 256 * 1024);

// RFC 2047 encoded words in UTF-8, US-ASCII and ISO-8859-1 become UTF-8; other charsets stay as they are.
std::string decode_words(std::string_view value);

}  // namespace spreaders::email
