// Text into HTML, in an element or in a quoted attribute:
//
//   page += "<p title=\"" + escape_html(hint) + "\">" + escape_html(text) + "</p>";
//
// & < > " ' become entities; control characters but line ends and tabs become blanks, as some browsers treat them
// oddly.
#pragma once

#include <string>
#include <string_view>

namespace spreaders {

inline std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f ? ' ' : c;
    }
  }
  return out;
}

}  // namespace spreaders
