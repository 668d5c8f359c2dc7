// The encodings under build_mime(): transfer encodings of bodies (RFC 2045 section 6), encoded words (RFC 2047) and
// folded header lines (RFC 5322 section 2.2.3). Inputs are UTF-8 without control characters; build_mime() checked them.
#pragma once

#include <string>
#include <string_view>

namespace spreaders::email {

constexpr size_t kFoldBytes = 76;  // encoded words demand it (RFC 2047 section 2); used for every line
constexpr size_t kEncodedWordBytesMax = 75;

struct EncodedBody {
  std::string_view encoding;  // "7bit", "quoted-printable" or "base64"
  std::string data;           // CRLF line ends; ends with CRLF unless empty
};
// Line ends of any kind become CRLF first. 7bit when every line is short ASCII that no relay would touch, else the
// shorter of quoted-printable and base64.
EncodedBody encode_body(std::string_view text);

// True when a CR or LF stands alone. Looked at for every message sent, so it is quick.
bool has_bare_line_end(std::string_view text);

// Bytes of the longest run without a space.
size_t longest_word(std::string_view text);

// Writes one header field to the end of `out`, folding before words that would pass kFoldBytes.
class HeaderLine {
 public:
  HeaderLine(std::string& out, std::string_view name);
  void words(std::string_view text);         // as it is; breaks only at its spaces
  void phrase(std::string_view name);        // a display name: atoms, a quoted string or encoded words
  void unstructured(std::string_view text);  // a subject: as it is or as encoded words
  void end() { out_ += "\r\n"; }

 private:
  void put(std::string_view word, std::string_view space = " ");
  void encoded(std::string_view text);
  std::string& out_;
  size_t line_start_;
  bool first_ = true;  // the field name and its space are all there is
};

}  // namespace spreaders::email
