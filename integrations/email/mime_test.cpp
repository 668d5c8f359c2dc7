#include "integrations/email/mime.hpp"

#include <gtest/gtest.h>

#include "core/bytes.hpp"
#include "core/random.hpp"
#include "integrations/email/golden_test.hpp"
#include "integrations/email/mime_encode.hpp"
#include "integrations/email/mime_parse.hpp"

namespace spreaders::email {
namespace {

MailMessage simple() {
  return {.from_name = "Shop News",
          .from_email = "news@shop.example",
          .to_name = "Ada Example",
          .to_email = "ada@reader.example",
          .reply_to = "help@shop.example",
          .subject = "Your order has shipped",
          .html = "<p>It is on its way.</p>\n",
          .text = "It is on its way.\n",
          .message_id = "m1.abc@shop.example",
          .date = {1'795'232'546 * kSecond_us},
          .headers = {},
          .envelope_from = "bounce+abc@bounce.shop.example"};
}

MailMessage campaign() {
  MailMessage message = simple();
  message.from_name = "Café Größe, Inc.";
  message.to_name = "山田太郎 \"Taro\"";
  message.to_email = "taro@日本語.example";
  message.subject =
      "Sommerschlussverkauf: alle Größen für die ganze Familie, nur noch bis Sonntag – 50 % auf alles ☀️";
  message.text = "Grüße aus dem Café\nFrom here on: 50 %\n.\nEnd with a blank \nhttps://shop.example/a?b=c&d=" +
                 std::string(120, 'x') + "\n";
  message.html = "<html><body><p>Grüße &amp; mehr = gut</p><p>" + std::string(200, 'y') + "</p></body></html>";
  message.headers = {{"List-Unsubscribe", "<https://shop.example/u/" + std::string(60, 't') +
                                              ">, <mailto:unsubscribe@shop.example?subject=u>"},
                     {"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"},
                     {"Feedback-ID", "c42:w7:bulk:shop"},
                     {"X-Campaign", "Herbst-Aktion für Müller"}};
  return message;
}

void expect_wire_rules(const std::string& bytes) {
  for (size_t at = 0; at < bytes.size();) {
    const size_t end = bytes.find('\n', at);
    ASSERT_NE(end, std::string::npos) << "the last line has no end";
    ASSERT_GT(end, at) << "a bare LF";
    ASSERT_EQ(bytes[end - 1], '\r') << "a bare LF at " << end;
    const std::string line = bytes.substr(at, end - 1 - at);
    ASSERT_EQ(line.find('\r'), std::string::npos);
    ASSERT_LE(line.size(), kHeaderLineBytesMax) << line;
    for (const unsigned char c : line) ASSERT_TRUE((c >= 32 && c < 127) || c == '\t') << line;
    at = end + 1;
  }
}

size_t longest_line(const std::string& bytes) {
  size_t longest = 0;
  for (size_t at = 0; at < bytes.size();) {
    const size_t end = bytes.find("\r\n", at);
    longest = std::max(longest, end - at);
    at = end + 2;
  }
  return longest;
}

// What encode_body() promises to carry: the text with CRLF and a line end at the end.
std::string canonical(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (text[i] == '\r' || text[i] == '\n') out += "\r\n";
    else out += text[i];
  }
  if (!out.empty() && !out.ends_with("\r\n")) out += "\r\n";
  return out;
}

TEST(Mime, GoldenFiles) {
  expect_golden("mime/simple.eml", *build_mime(simple()));
  expect_golden("mime/campaign.eml", *build_mime(campaign()));
  MailMessage text_only = simple();
  text_only.html.clear();
  text_only.reply_to.clear();
  text_only.to_name.clear();
  expect_golden("mime/text_only.eml", *build_mime(text_only));
  MailMessage japanese = simple();
  japanese.text.clear();
  japanese.subject = "秋の新作コレクション、本日発売。全品送料無料でお届けします。詳しくはこちらをご覧ください";
  japanese.html = "<p>秋の新作コレクション、本日発売。全品送料無料でお届けします。</p>";
  expect_golden("mime/base64_html.eml", *build_mime(japanese));
}

TEST(Mime, RoundTripsThroughAParser) {
  const MailMessage message = campaign();
  const auto bytes = build_mime(message);
  ASSERT_TRUE(bytes.ok()) << bytes.error().text();
  expect_wire_rules(*bytes);
  const MimePart root = parse_mime(*bytes);
  EXPECT_EQ(decode_words(field(root.fields, "subject")), message.subject);
  EXPECT_EQ(decode_words(field(root.fields, "from")), "Café Größe, Inc. <news@shop.example>");
  EXPECT_EQ(decode_words(field(root.fields, "to")), "山田太郎 \"Taro\" <taro@xn--wgv71a119e.example>");
  EXPECT_EQ(field(root.fields, "list-unsubscribe"), message.headers[0].second);
  EXPECT_EQ(decode_words(field(root.fields, "x-campaign")), message.headers[3].second);
  EXPECT_EQ(field(root.fields, "date"), "Sat, 21 Nov 2026 03:42:26 +0000");
  EXPECT_EQ(root.type, "multipart/alternative");
  ASSERT_EQ(root.children.size(), 2U);
  EXPECT_EQ(root.children[0].type, "text/plain");
  EXPECT_EQ(root.children[1].type, "text/html");
  // The CRLF before a delimiter belongs to the delimiter.
  EXPECT_EQ(decoded_body(root.children[0]), canonical(message.text) + "\r\n");
  EXPECT_EQ(decoded_body(root.children[1]), canonical(message.html) + "\r\n");
}

TEST(Mime, SameMessageSameBytesAndBoundaryFollowsTheId) {
  MailMessage message = campaign();
  EXPECT_EQ(*build_mime(message), *build_mime(message));
  const std::string boundary(field(parse_mime(*build_mime(message)).parameters, "boundary"));
  message.message_id = "<m2@shop.example>";
  const std::string other(field(parse_mime(*build_mime(message)).parameters, "boundary"));
  EXPECT_FALSE(boundary.empty());
  EXPECT_NE(boundary, other);
}

TEST(Mime, ABoundaryInTheTextCannotSplitTheMessage) {
  MailMessage message = simple();
  const std::string boundary(field(parse_mime(*build_mime(message)).parameters, "boundary"));
  message.text = "--" + boundary + "\nContent-Type: text/html\n\nforged\n";
  const std::string bytes = *build_mime(message);
  const MimePart root = parse_mime(bytes);
  ASSERT_EQ(root.children.size(), 2U);
  EXPECT_EQ(decoded_body(root.children[0]), canonical(message.text) + "\r\n");
}

TEST(Mime, RefusesHeaderInjectionInEveryField) {
  const std::string attack = "x\r\nBcc: victim@example.com";
  const auto expect_refused = [](const MailMessage& message, const std::string& name) {
    const auto result = build_mime(message);
    ASSERT_FALSE(result.ok()) << name;
    ASSERT_EQ(result.error().issues.size(), 1U) << result.error().text();
    EXPECT_EQ(result.error().issues[0].pointer, name);
    EXPECT_EQ(result.error().text().find("victim"), std::string::npos);
  };
  const std::pair<const char*, std::string MailMessage::*> fields[] = {
      {"from_name", &MailMessage::from_name},   {"from_email", &MailMessage::from_email},
      {"to_name", &MailMessage::to_name},       {"to_email", &MailMessage::to_email},
      {"reply_to", &MailMessage::reply_to},     {"subject", &MailMessage::subject},
      {"message_id", &MailMessage::message_id}, {"envelope_from", &MailMessage::envelope_from}};
  for (const auto& [name, member] : fields) {
    for (const std::string& bad :
         {attack, std::string("a\nb@c.example"), std::string("a\rb@c.example"), std::string("a\0b@c.example", 13)}) {
      MailMessage message = simple();
      message.*member = bad;
      expect_refused(message, name);
    }
  }
  MailMessage value = simple();
  value.headers = {{"X-Tag", attack}};
  expect_refused(value, "headers/X-Tag");
  MailMessage header_name = simple();
  header_name.headers = {{"X-Tag: a\r\nBcc", "b"}};
  expect_refused(header_name, "headers/0");
}

TEST(Mime, NamesEveryProblemAtOnce) {
  MailMessage message = simple();
  message.from_email = "nobody";
  message.subject = " ";
  message.html = message.text = "";
  message.headers = {{"Subject", "again"},
                     {"DKIM-Signature", "v=1"},
                     {"X-A", "1"},
                     {"x-a", "2"},
                     {"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"},
                     {"List-Help", "größe"}};
  const auto result = build_mime(message);
  ASSERT_FALSE(result.ok());
  std::vector<std::string> pointers;
  for (const auto& issue : result.error().issues) pointers.push_back(issue.pointer);
  EXPECT_EQ(pointers,
            (std::vector<std::string>{"from_email", "subject", "headers/Subject", "headers/DKIM-Signature",
                                      "headers/x-a", "headers/List-Help", "headers/List-Unsubscribe", "text"}));
}

TEST(Mime, RefusesAddressesThatNeedSmtputf8) {
  MailMessage message = simple();
  message.to_email = "größe@example.com";
  const auto result = build_mime(message);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::kUnsupported);
  EXPECT_EQ(result.error().issues[0].pointer, "to_email");
}

TEST(Mime, ChoosesTheTransferEncodingBySize) {
  EXPECT_EQ(encode_body("short ascii\nlines\n").encoding, "7bit");
  EXPECT_EQ(encode_body("Grüße aus Köln, mostly ascii text here\n").encoding, "quoted-printable");
  EXPECT_EQ(encode_body("秋の新作コレクション、本日発売。").encoding, "base64");
  for (const char* risky : {"From me\n", ".\n", "..\n", "blank \n", "tab\t\n", "a=_b\n", "bell\a\n"}) {
    EXPECT_NE(encode_body(risky).encoding, "7bit") << risky;
  }
  EXPECT_EQ(encode_body(std::string(77, 'a')).encoding, "quoted-printable");
  EXPECT_EQ(encode_body(std::string(76, 'a')).encoding, "7bit");
}

TEST(Mime, QuotedPrintableHidesWhatRelaysRewrite) {
  EXPECT_EQ(encode_body("From ü\n.\nx \n").data, "=46rom =C3=BC\r\n=2E\r\nx=20\r\n");
}

TEST(Mime, EveryBodySurvivesItsEncoding) {
  Rng rng(7);
  const std::vector<std::string> pieces = {"a",
                                           " ",
                                           "\t",
                                           "=",
                                           ".",
                                           "From ",
                                           "\n",
                                           "\r\n",
                                           "\r",
                                           "é",
                                           "日本",
                                           "😀",
                                           "=_",
                                           "--",
                                           "word ",
                                           std::string(80, 'w'),
                                           std::string(76, '.')};
  for (int round = 0; round < 2000; ++round) {
    std::string body;
    const size_t count = rng.below(60);
    for (size_t i = 0; i < count; ++i) body += pieces[rng.below(pieces.size())];
    const EncodedBody encoded = encode_body(body);
    const std::string bytes = "Content-Transfer-Encoding: " + std::string(encoded.encoding) + "\r\n\r\n" + encoded.data;
    ASSERT_EQ(decoded_body(parse_mime(bytes)), canonical(body)) << encoded.encoding;
    if (encoded.encoding != "7bit") {
      ASSERT_LE(longest_line(encoded.data), kFoldBytes);
      ASSERT_EQ(encoded.data.find("\r\n."), std::string::npos);
    }
  }
}

TEST(Mime, EverySubjectSurvivesItsEncodingAndFolds) {
  Rng rng(11);
  const std::vector<std::string> pieces = {
      "a",     "word ", "é", "日本語", "😀", "=?UTF-8?Q?x?=", "?=", "_", "=", "  x", std::string(30, 'w'),
      "50 % ", "\"q\"", "\\"};
  for (int round = 0; round < 2000; ++round) {
    MailMessage message = simple();
    message.subject = "S";
    const size_t count = rng.below(25);
    for (size_t i = 0; i < count; ++i) message.subject += pieces[rng.below(pieces.size())];
    message.subject += "e";
    const std::string bytes = *build_mime(message);
    ASSERT_LE(longest_line(bytes), kFoldBytes) << bytes;
    // Unfold by the rule of RFC 5322, which keeps the blanks.
    const size_t start = bytes.find("\r\nSubject: ") + 11;
    std::string raw = bytes.substr(start, bytes.find("\r\nDate:") - start);
    for (size_t at; (at = raw.find("\r\n")) != std::string::npos;) raw.erase(at, 2);
    ASSERT_EQ(decode_words(raw), message.subject);
  }
}

TEST(Mime, LongFieldsStayWithinTheHardLimit) {
  MailMessage message = simple();
  message.headers = {{"List-Unsubscribe", "<https://shop.example/" + std::string(900, 'u') + ">"}};
  ASSERT_TRUE(build_mime(message).ok());
  expect_wire_rules(*build_mime(message));
  message.headers = {{"List-Unsubscribe", "<https://shop.example/" + std::string(980, 'u') + ">"}};
  EXPECT_FALSE(build_mime(message).ok());
  message = simple();
  message.from_name = std::string(kNameCodePointsMax + 1, 'n');
  EXPECT_FALSE(build_mime(message).ok());
}

TEST(Mime, DatesBeforeAndAfterTheEpoch) {
  EXPECT_EQ(rfc5322_date({0}), "Thu, 01 Jan 1970 00:00:00 +0000");
  EXPECT_EQ(rfc5322_date({-1}), "Wed, 31 Dec 1969 23:59:59 +0000");
  EXPECT_EQ(rfc5322_date({951'782'400 * kSecond_us}), "Tue, 29 Feb 2000 00:00:00 +0000");
}

}  // namespace
}  // namespace spreaders::email
