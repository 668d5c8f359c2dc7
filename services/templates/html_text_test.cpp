#include "services/templates/html_text.hpp"

#include <gtest/gtest.h>

namespace spreaders::templates {
namespace {

TEST(HtmlText, ParagraphsAndBreaks) {
  EXPECT_EQ(text_from_html("<p>One\n  two</p><p>three<br>four</p>"), "One two\n\nthree\nfour\n");
  EXPECT_EQ(text_from_html(""), "");
  EXPECT_EQ(text_from_html("plain & simple"), "plain & simple\n");
}

TEST(HtmlText, LinksShowWhereTheyLead) {
  EXPECT_EQ(text_from_html("See <a href=\"https://x.example/a?b=1&amp;c=2\">this <b>page</b></a>, please"),
            "See this page (https://x.example/a?b=1&c=2), please\n");
  EXPECT_EQ(text_from_html("<a href='https://x.example/'>x.example</a> <a href='mailto:a@x.example'>a@x.example</a>"),
            "x.example a@x.example\n");
  EXPECT_EQ(text_from_html("<a href='#top'>up</a> <a href='https://x.example'><img alt='Logo'></a>"),
            "up Logo (https://x.example)\n");
}

TEST(HtmlText, HeadingsAreUnderlined) {
  EXPECT_EQ(text_from_html("<h1>Grüße</h1><p>x</p><h2>Two</h2>y"), "Grüße\n=====\n\nx\n\nTwo\n---\n\ny\n");
}

TEST(HtmlText, ListsNestAndCount) {
  EXPECT_EQ(text_from_html("<p>a</p><ul><li>one<li>two<ol><li>x</li><li>y</li></ol></li></ul><p>b</p>"),
            "a\n\n- one\n- two\n  1. x\n  2. y\n\nb\n");
}

TEST(HtmlText, TablesKeepTheirRows) {
  EXPECT_EQ(
      text_from_html("<table><tr><th>Item</th><th>Price</th></tr><tr><td>Tea</td><td>3.50</td></tr></table>after"),
      "Item | Price\nTea | 3.50\n\nafter\n");
  EXPECT_EQ(text_from_html("<table><tr><td><table><tr><td>only</td></tr></table></td></tr></table>"), "only\n");
}

TEST(HtmlText, DropsWhatIsNotText) {
  EXPECT_EQ(text_from_html("<head><title>t</title><style>p{}</style></head><body><script>alert(1)</script><!-- c -->x"),
            "x\n");
  EXPECT_EQ(text_from_html("&lt;b&gt; &amp;&nbsp;&euro;&#233;&zwnj;&nbsp;&zwnj;&nbsp;"), "<b> & €é\n");
}

TEST(HtmlText, KeepsPreformattedLines) { EXPECT_EQ(text_from_html("<pre>a  b\n  c</pre>"), "a  b\n  c\n"); }

TEST(HtmlText, HostileDepthAndSizeDoNotOverflow) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<div>";
  deep += "bottom";
  EXPECT_EQ(text_from_html(deep), "");
  std::string lists;
  for (int i = 0; i < 20'000; ++i) lists += "<ul><li>x";
  EXPECT_LT(text_from_html(lists).size(), 1024U * 1024U);
  std::string copied;
  for (int i = 0; i < 4000; ++i) copied += "<b id=" + std::to_string(i) + ">";
  for (int i = 0; i < 5000; ++i) copied += "<p>x";
  EXPECT_EQ(text_from_html(copied), "");  // 20 million elements, were there no limit
  EXPECT_NO_FATAL_FAILURE(text_from_html(std::string("\xff\xfe<\0p>\xc3", 7)));
}

}  // namespace
}  // namespace spreaders::templates
