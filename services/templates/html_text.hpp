// The readable text of an HTML mail, for its text/plain part.
//
//   text_from_html("<h1>Hi</h1><p>See <a href='https://x.example'>this</a>")  →  "Hi\n==\n\nSee this
//   (https://x.example)\n"
//
// Headings are underlined, lists get "- " or numbers, table cells are joined by " | ", images become their alt text,
// scripts, styles and hidden preheaders' filler characters go. White space collapses but for <pre>. Never fails: HTML
// that is broken is read as browsers read it. Untrusted input is fine: depth, size and work are bounded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace spreaders::templates {

constexpr size_t kHtmlBytesMax = 2 * 1024 * 1024;         // what is longer is cut
constexpr size_t kHtmlTagsMax = 10'000;                   // opening and closing; what follows is cut
constexpr size_t kHtmlDepthMax = 400;                     // elements nested deeper are left out
constexpr size_t kHtmlMemoryBytesMax = 64 * 1024 * 1024;  // a page whose tree needs more answers no text at all

std::string text_from_html(std::string_view html);

}  // namespace spreaders::templates
