#include "services/audience/import.hpp"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/bytes.hpp"
#include "services/audience/audience.hpp"
#include "services/audience/import_columns.hpp"
#include "services/audience/lists.hpp"
#include "services/audience/test_database.hpp"
#include "services/consent/consent.hpp"

namespace spreaders::audience {
namespace {

// Gives the text up to `bytes`, then breaks as a disk does.
class BreakingBuffer : public std::streambuf {
 public:
  BreakingBuffer(std::string text, size_t bytes) : text_(std::move(text)), whole_(bytes >= text_.size()) {
    setg(text_.data(), text_.data(), text_.data() + std::min(bytes, text_.size()));
  }

 protected:
  int_type underflow() override {
    if (!whole_) throw std::runtime_error("the disk broke");  // the stream turns it into badbit
    return traits_type::eof();
  }

 private:
  std::string text_;
  bool whole_;
};
class BreakingStream : public std::istream {
 public:
  BreakingStream(std::string text, size_t bytes) : std::istream(nullptr), buffer_(std::move(text), bytes) {
    rdbuf(&buffer_);
  }

 private:
  BreakingBuffer buffer_;
};

struct ImportTest : DatabaseTest {
  Journal journal{ids};
  ImportTools tools{clock, journal};

  Result<ImportResult> import(const std::string& text, const ImportOptions& options) {
    return import_contacts(*database, workspace, text_source("test.csv", text), options, tools);
  }
  ImportResult done(const std::string& text, const ImportOptions& options) {
    auto result = import(text, options);
    EXPECT_TRUE(result.ok()) << result.error().text() << " " << result.error().detail;
    return result.ok() ? std::move(*result) : ImportResult{};
  }
  std::string list(const std::string& name) {
    return write([&](storage::Tx& tx) { return create_list(tx, workspace, name, "", clock.now(), ids); }).id;
  }
  Contact contact(const std::string& email) {
    return write([&](storage::Tx& tx) { return get_contact_by_email(tx, workspace, email); });
  }
  std::string reason(const std::string& email) {
    auto one = contact(email);
    return write([&](storage::Tx& tx) {
             return consent::may_send(tx, workspace, "email", {one.id, one.email});
           })
        .reason;
  }
  static std::string many(int rows) {
    std::string text = "email,first_name,orders,consent\n";
    for (int i = 0; i < rows; ++i) {
      text += "p" + std::to_string(i) + "@example.org,Name" + std::to_string(i) + "," + std::to_string(i % 7) + "," +
              (i % 10 == 9 ? "no" : "yes") + "\n";
      if (i % 97 == 0) text += "not an address,x,1,yes\n";
    }
    return text;
  }
  static ImportOptions subscribe(std::string list_id = "") {
    return {.mode = ImportMode::kSubscribe, .list_id = std::move(list_id), .consent_source = "signup form"};
  }
};

TEST_P(ImportTest, HeadersInSeveralLanguagesFillFieldsAndTheRestBecomeAttributes) {
  auto result = done(
      "E-Mail;Vorname;Nachname;Sprache;Zeitzone;Last Order (EUR);PLZ;VIP;Ziffer\n"
      "Ada@Example.ORG;Ada;L\xC3\xA4rche;de-AT;Europe/Vienna;12.5;01234;true;=1+1\n",
      subscribe());
  EXPECT_EQ(result.added, 1);
  auto ada = contact("Ada@example.org");
  EXPECT_EQ(ada.first_name + ada.last_name + ada.language + ada.time_zone,
            "AdaL\xC3\xA4rche"
            "de-ATEurope/Vienna");
  EXPECT_EQ(Json::parse(ada.attributes),
            Json::parse(R"({"last_order_eur":12.5,"plz":"01234","vip":true,"ziffer":"=1+1"})"));
}

TEST_P(ImportTest, CellsBecomeNumbersOnlyWhenNothingIsLost) {
  for (const char* text : {"0", "-3", "12.5", "10115", "true", "999999999999999"})
    EXPECT_FALSE(std::holds_alternative<std::string>(attribute_from_cell(text))) << text;
  for (const char* text :
       {"007", "1.50", "-0", "+4", "1e5", "1234567890123456", "True", "12 ", ".5", "5.", "nan", "inf", "0x10", "1,5"}) {
    EXPECT_EQ(attribute_from_cell(text), Attribute(std::string(text)));
  }
}

TEST_P(ImportTest, MappingGoesFirstAndAHeaderHasToMakeSense) {
  auto options = subscribe();
  options.columns = {{"Contact", "email"}, {"Mail", "-"}, {"Town", "city"}};
  done("Contact,Mail,Town\na@example.org,junk,Bonn\n", options);
  EXPECT_EQ(contact("a@example.org").attributes, R"({"city":"Bonn"})");
  auto problem = [&](const std::string& text, ImportOptions with) {
    auto result = import(text, with);
    EXPECT_FALSE(result.ok());
    return result.ok() ? std::string() : result.error().text();
  };
  EXPECT_NE(problem("name,city\nx,y\n", subscribe()).find("email address"), std::string::npos);
  EXPECT_NE(problem("email,e-mail\nx,y\n", subscribe()).find("means the same as 'email'"), std::string::npos);
  EXPECT_NE(problem("email\nx\n", options).find("no such column"), std::string::npos);
  EXPECT_NE(problem("", subscribe()).find("empty"), std::string::npos);
  EXPECT_NE(problem("\"email\nx\n", subscribe()).find("line 1"), std::string::npos);
  EXPECT_NE(problem(std::string("\xFF\xFE"
                                "e\0m\0",
                                6),
                    subscribe())
                .find("UTF-8"),
            std::string::npos);
  EXPECT_NE(problem("email\na@example.org\n", {.mode = ImportMode::kSubscribe}).find("/consent_source"),
            std::string::npos);
  EXPECT_EQ(count("import_job"), 1) << "what cannot start leaves no record";
}

TEST_P(ImportTest, OnlyWhoSaidYesIsOptedInAndAnOptOutStays) {
  std::string id = list("Newsletter");
  auto text = "email,consent\nyes@example.org,yes\nno@example.org,no\nempty@example.org,\nout@example.org,yes\n";
  write([&](storage::Tx& tx) -> Result<bool> {
    auto out = TRY(upsert_contact(tx, workspace, {.email = "out@example.org"}, clock.now(), {ids}));
    return consent::unsubscribe(tx, workspace, {.who = {out.contact.id, out.contact.email}, .source = "link"},
                                clock.now(), {ids});
  });
  clock.move_to(clock.now() + kDay_us);
  auto result = done(text, subscribe(id));
  EXPECT_EQ(result.added, 3);
  EXPECT_EQ(result.unchanged, 1);
  EXPECT_EQ(reason("yes@example.org"), "");
  EXPECT_EQ(reason("no@example.org"), "opted_out");
  EXPECT_EQ(reason("empty@example.org"), "no_consent");
  EXPECT_EQ(reason("out@example.org"), "suppressed:unsubscribed");
  EXPECT_EQ(count("consent WHERE state = 'opted_out'"), 2);
  EXPECT_EQ(count("list_member"), 4) << "membership is not consent";
  EXPECT_EQ(count("event WHERE name = 'Subscribed'"), 1);
}

TEST_P(ImportTest, UpdateOnlyAddsNobodyAndTouchesNoConsent) {
  done("email,city\na@example.org,Bonn\n", subscribe());
  auto result = done("email,city,consent\na@example.org,Berlin,no\nb@example.org,Berlin,yes\n",
                     {.mode = ImportMode::kUpdateOnly});
  EXPECT_EQ(result.updated, 1);
  EXPECT_EQ(result.failed, 1);
  ASSERT_EQ(result.errors.size(), 1U);
  EXPECT_EQ(result.errors[0].line, 3);
  EXPECT_EQ(result.errors[0].field, "email");
  EXPECT_EQ(contact("a@example.org").attributes, R"({"city":"Berlin"})");
  EXPECT_EQ(reason("a@example.org"), "");
}

TEST_P(ImportTest, TheSameBytesAreImportedOnceUnlessAskedAgain) {
  auto options = subscribe();
  auto first = done(many(20), options);
  auto second = done(many(20), options);
  EXPECT_TRUE(second.repeated);
  EXPECT_EQ(second.import_id, first.import_id);
  EXPECT_EQ(second.added, 20);
  EXPECT_FALSE(done(many(21), options).repeated) << "other bytes are another import";
  options.again = true;
  auto third = done(many(20), options);
  EXPECT_FALSE(third.repeated);
  EXPECT_EQ(third.unchanged, 20);
  EXPECT_EQ(count("import_job"), 2);
}

TEST_P(ImportTest, FortyMalformedRowsAreEachReportedAndTheGoodOnesBetweenThemAreImported) {
  const std::string bad[] = {
      "no-at-sign,A,en,UTC,yes",
      "@example.org,A,en,UTC,yes",
      "a@,A,en,UTC,yes",
      "a@b,A,en,UTC,yes",
      "a b@example.org,A,en,UTC,yes",
      "a@exa mple.org,A,en,UTC,yes",
      "a@@example.org,A,en,UTC,yes",
      ",A,en,UTC,yes",
      "\" \",A,en,UTC,yes",
      "a..b@example.org,A,en,UTC,yes",
      ".a@example.org,A,en,UTC,yes",
      "a@-example.org,A,en,UTC,yes",
      "x1@example.org,A,e,UTC,yes",
      "x2@example.org,A,en us,UTC,yes",
      "x3@example.org,A,english language in words and more,UTC,yes",
      "x4@example.org,A,en,Mars/Base,yes",
      "x5@example.org,A,en,UTC+25,yes",
      "x6@example.org,A,en,UTC,maybe",
      "x7@example.org,A,en,UTC,2",
      "x8@example.org,A,en,UTC",
      "x9@example.org",
      "y1@example.org,A,en,UTC,yes,more",
      "y2@example.org,A,en,UTC,yes,",
      "y3@example.org,\"A,en,UTC,yes",
      "y4@example.org,\"A\"B,en,UTC,yes",
      "y5@example.org,A\"B,en,UTC,yes",
      "y6@example.org,\"\"A,en,UTC,yes",
      "y7@example.org,\xFF,en,UTC,yes",
      "y8@example.org,\xC3,en,UTC,yes",
      "y9@example.org,\xED\xA0\x80,en,UTC,yes",
      "\xFF@example.org,A,en,UTC,yes",
      "z1@example.org,\xC0\xAF,en,UTC,yes",
      "z2@example.org," + std::string(201, 'n') + ",en,UTC,yes",
      std::string("z3@example.org,\0,en,UTC,yes", 27),
      "z4@example.org," + std::string(1'200'000, 'x') + ",en,UTC,yes",
      std::string(300, 'l') + "@example.org,A,en,UTC,yes",
      "<a@example.org>,A,en,UTC,yes",
      "a@example.org;b@example.org,A,en,UTC,yes",
      "mailto:,A,en,UTC,yes",
      std::string(250, ','),
  };
  std::string text = "email,first_name,language,time_zone,consent\n";
  int64_t line = 2;
  std::vector<int64_t> lines;
  for (size_t i = 0; i < std::size(bad); ++i) {
    text += bad[i] + "\n" + "good" + std::to_string(i) + "@example.org,Good,en,UTC,yes\n";
    lines.push_back(line);
    line += 2;
  }
  auto result = done(text, subscribe());
  EXPECT_EQ(std::size(bad), 40U);
  EXPECT_EQ(result.failed, 40);
  EXPECT_EQ(result.added, 40);
  EXPECT_EQ(result.rows_total, 80);
  std::set<int64_t> reported;
  for (const auto& error : result.errors) {
    EXPECT_FALSE(error.message.empty());
    EXPECT_TRUE(is_utf8(error.message) && is_utf8(error.field));
    reported.insert(error.line);
  }
  EXPECT_EQ(reported, std::set<int64_t>(lines.begin(), lines.end()));
  EXPECT_EQ(count("contact WHERE first_name = 'Good'"), 40);
  EXPECT_EQ(count("contact"), 40);
}

TEST_P(ImportTest, ErrorsAreBoundedAndCountedBeyond) {
  std::string text = "email\n";
  for (int i = 0; i < 1500; ++i) text += "bad\n";
  auto result = done(text, subscribe());
  EXPECT_EQ(result.failed, 1500);
  EXPECT_EQ(result.errors.size(), kImportErrorsShownMax);
  EXPECT_EQ(count("import_error"), static_cast<int64_t>(kImportErrorsStoredMax));
}

TEST_P(ImportTest, AnImportThatBreaksAnywhereGoesOnWhereItWasAndLosesAndDoublesNothing) {
  std::string text = many(2600);
  auto reference = ImportResult{};
  Rng rng(11);
  for (int round = 0; round < 12; ++round) {
    workspace = "wsp_" + std::to_string(round);
    std::string id = list("Newsletter");
    size_t breaks = 0;
    size_t at = rng.below(20'000);
    // Hashing reads it all; from then on the source breaks later each time until it does not.
    int opened = 0;
    Source source{"test.csv", [&]() -> std::unique_ptr<std::istream> {
                    if (opened++ == 0 || round == 0) return std::make_unique<std::istringstream>(text);
                    return std::make_unique<BreakingStream>(text, at);
                  }};
    Result<ImportResult> result = internal("not run");
    while (!(result = import_contacts(*database, workspace, source, subscribe(id), tools)).ok()) {
      ASSERT_EQ(result.error().code, Code::kUnavailable) << result.error().text();
      ++breaks;
      at += rng.below(30'000);
      opened = 0;
      ASSERT_LT(breaks, 100U);
    }
    if (round == 0) reference = *result;
    else EXPECT_GT(breaks, 0U);
    EXPECT_EQ(result->state, "done");
    EXPECT_EQ(result->added, 2600) << "round " << round << " with " << breaks << " breaks";
    EXPECT_EQ(result->failed, reference.failed);
    ASSERT_EQ(result->errors.size(), reference.errors.size());
    for (size_t i = 0; i < reference.errors.size(); ++i) EXPECT_EQ(result->errors[i].line, reference.errors[i].line);
    EXPECT_EQ(count("contact"), 2600);
    EXPECT_EQ(count("list_member"), 2600);
    EXPECT_EQ(count("consent WHERE state = 'opted_in'"), 2340);
    EXPECT_EQ(count("event WHERE name = 'Subscribed'"), 2340);
  }
}

TEST_P(ImportTest, AStopBetweenChunksKeepsWhatIsDone) {
  std::stop_source stop;
  tools.stop = stop.get_token();
  tools.on_progress = [&](int64_t rows) {
    if (rows >= 1000) stop.request_stop();
  };
  auto stopped = import(many(3000), subscribe());
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().code, Code::kCancelled);
  EXPECT_LT(count("contact"), 1100);
  tools.stop = {};
  tools.on_progress = {};
  EXPECT_EQ(done(many(3000), subscribe()).added, 3000);
}

TEST_P(ImportTest, ASecondProcessOnTheSameImportStopsInsteadOfDoubling) {
  bool nested = false;
  tools.on_progress = [&](int64_t rows) {
    if (nested || rows > 600) return;
    nested = true;
    ImportTools other{clock, journal};
    auto inner = import_contacts(*database, workspace, text_source("test.csv", many(2000)), subscribe(), other);
    EXPECT_TRUE(inner.ok()) << inner.error().text();
  };
  auto outer = import(many(2000), subscribe());
  ASSERT_FALSE(outer.ok());
  EXPECT_EQ(outer.error().code, Code::kConflict);
  EXPECT_EQ(count("contact"), 2000);
  EXPECT_EQ(done(many(2000), subscribe()).added, 2000);
}

TEST_P(ImportTest, FilesComeFromTheImportDirectoryOnly) {
  std::filesystem::path directory = temp.path();
  auto inside = directory / "imports";
  std::filesystem::create_directories(inside / "sub");
  std::ofstream(inside / "sub" / "a.csv") << "email\na@example.org\n";
  std::ofstream(directory / "secret.csv") << "email\nb@example.org\n";
  std::filesystem::create_symlink(directory / "secret.csv", inside / "link.csv");
  ImportDirectory allowed{inside.string()};
  EXPECT_TRUE(path_in(allowed, "sub/a.csv").ok());
  for (const auto& path : {std::string("../secret.csv"), std::string("link.csv"), (directory / "secret.csv").string(),
                           std::string("sub"), std::string("none.csv"), std::string("sub/../../secret.csv")}) {
    auto opened = path_in(allowed, path);
    ASSERT_FALSE(opened.ok()) << path;
    EXPECT_EQ(opened.error().code, Code::kNotFound) << path;
  }
  EXPECT_EQ(path_in({}, "a.csv").error().code, Code::kNotConfigured);
  auto path = path_in(allowed, "sub/a.csv");
  auto result = import_contacts(*database, workspace, file_source(*path), subscribe(), tools);
  ASSERT_TRUE(result.ok()) << result.error().text();
  EXPECT_EQ(result->added, 1);
}

TEST_P(ImportTest, TheSampleAudienceIsCleanAndFictional) {
  std::ifstream file("samples/newsletter.csv", std::ios::binary);
  if (!file) GTEST_SKIP() << "run from the root of the source tree";
  auto result = import_contacts(*database, workspace, file_source("samples/newsletter.csv"),
                                subscribe(list("Newsletter")), tools);
  ASSERT_TRUE(result.ok()) << result.error().text();
  EXPECT_EQ(result->added, 500);
  EXPECT_EQ(result->failed, 0);
  EXPECT_EQ(count("contact WHERE email NOT LIKE '%@example.org' AND email NOT LIKE '%@example.com' AND email NOT LIKE "
                  "'%@example.net'"),
            0);
  EXPECT_EQ(count("consent WHERE state = 'opted_in'"), 476);
}

INSTANTIATE_TEST_SUITE_P(Both, ImportTest, both_databases(), database_name);

}  // namespace
}  // namespace spreaders::audience
