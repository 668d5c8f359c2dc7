#include "sandbox/mime.hpp"

#include <gtest/gtest.h>

#include "core/bytes.hpp"
#include "core/random.hpp"

namespace spreaders::sandbox {
namespace {

TEST(Mime, HeadersUnfoldAndMatchWholeNames) {
  const std::string headers = "X-Subject: no\r\nSUBJECT: a\r\n\tb\r\nSubject: second\r\nEmpty:\r\n";
  EXPECT_EQ("a\tb", find_header(headers, "subject"));
  EXPECT_EQ("", find_header(headers, "empty"));
  EXPECT_EQ("", find_header(headers, "sub"));
  EXPECT_EQ("", find_header("Subject", "subject"));
}

TEST(Mime, DecodesEncodedWords) {
  EXPECT_EQ("Grüße an dich", decode_words("=?utf-8?q?Gr=C3=BC=C3=9Fe?= an dich"));
  EXPECT_EQ("ab c", decode_words("=?UTF-8?B?YQ==?= \r\n =?utf-8?Q?b_c?="));
  EXPECT_EQ("café", decode_words("=?iso-8859-1?Q?caf=E9?="));
  EXPECT_EQ("=?broken?X", decode_words("=?broken?X"));
  EXPECT_EQ("1 =? 2", decode_words("1 =? 2"));
}

TEST(Mime, ReadsNestedParts) {
  const std::string body =
      "preamble\r\n--out\r\nContent-Type: multipart/alternative;\r\n boundary=in\r\n\r\n"
      "--in\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
      "1 =3D 1, a soft=\r\n break\r\n--in\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
      base64("<p>ü</p>") + "\r\n--in--\r\n--out\r\nContent-Type: image/png\r\n\r\nx\r\n--out--\r\n";
  const Readable mail = read_mail("Content-Type: multipart/mixed; boundary=\"out\"\r\n", body);
  EXPECT_EQ("1 = 1, a soft break\r\n", mail.text);
  EXPECT_EQ("<p>ü</p>", mail.html);
  EXPECT_EQ((std::vector<std::string>{"image/png"}), mail.attachments);
  EXPECT_EQ("plain", read_mail("", "plain").text);
}

TEST(Mime, FindsLinksImagesAndForms) {
  const std::string html =
      "<!-- <a href='no'>x</a> --><A class=x HREF='http://127.0.0.1/c?a=1&amp;b=2'><b>Buy</b> now &gt;</A>"
      "<a name=here>no</a><a href=mailto:a@b>m</a><img alt=\"a>b\" src=\"http://127.0.0.1/o\"/>"
      "<form action=\"/shop/order\"><input name=a value='1&quot;'><input value=2></form><input name=outside>";
  const auto links = find_links(html);
  ASSERT_EQ(2U, links.size());
  EXPECT_EQ("http://127.0.0.1/c?a=1&b=2", links[0].url);
  EXPECT_EQ("Buy now >", links[0].text);
  EXPECT_EQ("mailto:a@b", links[1].url);
  EXPECT_EQ((std::vector<std::string>{"http://127.0.0.1/o"}), find_images(html));
  const auto forms = find_forms(html);
  ASSERT_EQ(1U, forms.size());
  EXPECT_EQ((std::vector<std::pair<std::string, std::string>>{{"a", "1\""}}), forms[0].fields);
}

TEST(Mime, SurvivesWhatNobodyShouldSend) {
  std::string bomb;
  for (int i = 0; i < 1000; ++i) bomb += "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
  read_mail("Content-Type: multipart/mixed; boundary=b\r\n", bomb);
  read_mail("Content-Type: multipart/mixed; boundary=\r\n", bomb);
  Rng rng(3);
  const std::string_view alphabet = "<>=\"'&;# \r\n-?ab/AQ!";
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (uint64_t i = rng.below(120); i > 0; --i) text += alphabet[rng.below(alphabet.size())];
    find_links("<a href=" + text), find_images("<img " + text), find_forms("<form>" + text);
    decode_words("=?" + text), find_header(text, "a");
    const Readable mail = read_mail("Content-Type: multipart/x; boundary" + text, "--" + text);
    EXPECT_TRUE(is_utf8(mail.text));
  }
}

}  // namespace
}  // namespace spreaders::sandbox
