#include "services/audience/contacts.hpp"

#include <nlohmann/json.hpp>

#include "services/audience/audience.hpp"
#include "services/audience/lists.hpp"
#include "services/audience/segments.hpp"
#include "services/audience/test_database.hpp"
#include "services/consent/consent.hpp"

namespace spreaders::audience {
namespace {

struct ContactsTest : DatabaseTest {
  UpsertResult put(const ContactChange& change) {
    return write([&](Tx& tx) { return upsert_contact(tx, workspace, change, clock.now(), {ids}); });
  }
  Error refused(const ContactChange& change) {
    return write_error([&](Tx& tx) { return upsert_contact(tx, workspace, change, clock.now(), {ids}); });
  }
  std::string list(const std::string& name) {
    return write([&](Tx& tx) { return create_list(tx, workspace, name, "", clock.now(), ids); }).id;
  }
  std::string found(const std::string& name) {
    return write([&](Tx& tx) { return resolve(tx, workspace, name); }).name;
  }
};

TEST_P(ContactsTest, UpsertAddsUpdatesAndLeavesAlone) {
  auto first = put(
      {.email = "Ada@Example.ORG", .first_name = "Ada", .attributes = {{"city", "London"}, {"orders", int64_t{3}}}});
  EXPECT_EQ(first.what, Upserted::kAdded);
  EXPECT_EQ(first.contact.email, "Ada@example.org") << "the local part is the other host's business";
  EXPECT_EQ(put({.email = "Ada@example.org", .attributes = {{"orders", int64_t{3}}}}).what, Upserted::kUnchanged);
  clock.move_to(clock.now() + kDay_us);
  auto second = put({.email = "Ada@EXAMPLE.org",
                     .last_name = "Lark",
                     .attributes = {{"orders", int64_t{4}}, {"city", nullptr}, {"vip", true}}});
  EXPECT_EQ(second.what, Upserted::kUpdated);
  EXPECT_EQ(second.contact.id, first.contact.id);
  EXPECT_EQ(second.contact.first_name, "Ada");
  EXPECT_EQ(second.contact.attributes, R"({"orders":4,"vip":true})");
  EXPECT_EQ(second.contact.created_at, first.contact.created_at);
  EXPECT_GT(second.contact.updated_at, first.contact.updated_at);
}

TEST_P(ContactsTest, AnExternalIdFindsThePersonWhoseAddressChanged) {
  auto first = put({.email = "old@example.org", .external_id = "u-1"});
  auto moved = put({.email = "new@example.org", .external_id = "u-1"});
  EXPECT_EQ(moved.contact.id, first.contact.id);
  EXPECT_EQ(moved.contact.email, "new@example.org");
  EXPECT_EQ(put({.external_id = "u-1", .first_name = "Ada"}).contact.email, "new@example.org");
  put({.email = "other@example.org"});
  EXPECT_EQ(refused({.email = "other@example.org", .external_id = "u-1"}).issues.at(0).pointer, "/email")
      << "two people are never merged";
  EXPECT_EQ(refused({.external_id = "u-2"}).issues.at(0).pointer, "/email");
  EXPECT_EQ(count("contact"), 2);
}

TEST_P(ContactsTest, EveryProblemOfAContactIsReportedAndNothingIsStored) {
  auto error = refused({.email = "not an address",
                        .language = "x",
                        .time_zone = "Mars/Base",
                        .attributes = {{"email", "x"}, {"notes", std::string(2000, 'x')}, {"big", 1e18}}});
  std::vector<std::string> pointers;
  for (const auto& issue : error.issues) pointers.push_back(issue.pointer);
  EXPECT_EQ(pointers, (std::vector<std::string>{"/email", "/language", "/time_zone", "/attributes/big",
                                                "/attributes/email", "/attributes/notes"}));
  EXPECT_EQ(count("contact"), 0);
}

TEST_P(ContactsTest, ABatchRefusesRowByRowAndAppliesInOrder) {
  std::vector<ContactChange> changes = {{.email = "a@example.org", .first_name = "One"},
                                        {.email = "broken"},
                                        {.email = "a@example.org", .first_name = "Two"}};
  auto outcomes =
      write([&](Tx& tx) { return upsert_contacts(tx, workspace, changes, MayAdd::kYes, clock.now(), {ids}); });
  EXPECT_EQ(outcomes[0].what, Upserted::kAdded);
  EXPECT_EQ(outcomes[1].what, Upserted::kRefused);
  EXPECT_EQ(outcomes[2].what, Upserted::kUpdated);
  EXPECT_EQ(outcomes[0].contact_id, outcomes[2].contact_id);
  EXPECT_EQ(write([&](Tx& tx) { return get_contact_by_email(tx, workspace, "a@example.org"); }).first_name, "Two");
}

TEST_P(ContactsTest, DeletingAPersonKeepsTheSuppression) {
  auto contact = put({.email = "a@example.org"}).contact;
  std::string newsletter = list("Newsletter");
  write([&](Tx& tx) { return add_members(tx, workspace, newsletter, {{contact.id}}, clock.now(), {ids}); });
  write([&](Tx& tx) {
    return consent::unsubscribe(tx, workspace, {.who = {contact.id, contact.email}, .source = "link"}, clock.now(),
                                {ids});
  });
  EXPECT_TRUE(write([&](Tx& tx) { return delete_contact(tx, workspace, contact.id); }));
  EXPECT_FALSE(write([&](Tx& tx) { return delete_contact(tx, workspace, contact.id); }));
  for (const char* table : {"contact", "consent", "list_member"}) EXPECT_EQ(count(table), 0) << table;
  EXPECT_EQ(count("suppression"), 1);
  EXPECT_EQ(count("event WHERE contact_id IS NULL"), 1);
}

TEST_P(ContactsTest, ListsHaveUniqueNamesAndStableMembership) {
  std::string id = list("Newsletter");
  EXPECT_EQ(list(" newsletter "), id) << "the same name is the same list";
  std::string other = list("Shop");
  EXPECT_EQ(write_error([&](Tx& tx) { return rename_list(tx, workspace, other, "NEWSLETTER"); }).code, Code::kConflict);
  auto contact = put({.email = "a@example.org"}).contact;
  EXPECT_EQ(write([&](Tx& tx) { return add_members(tx, workspace, id, {{contact.id}}, clock.now(), {ids}); }), 1);
  EXPECT_EQ(write([&](Tx& tx) { return add_members(tx, workspace, id, {{contact.id}}, clock.now(), {ids}); }), 0);
  EXPECT_EQ(write([&](Tx& tx) { return get_list(tx, workspace, "NewsLetter"); }).size, 1);
  auto rule = parse_rule_text("in list newsletter");
  ASSERT_TRUE(rule.ok());
  write([&](Tx& tx) { return create_segment(tx, workspace, "Readers", *rule, clock.now(), ids); });
  auto error = write_error([&](Tx& tx) { return delete_list(tx, workspace, id); });
  EXPECT_NE(error.message.find("'Readers'"), std::string::npos) << error.message;
  EXPECT_EQ(count("list_member"), 1);
  write([&](Tx& tx) { return delete_list(tx, workspace, other); });
  EXPECT_EQ(count("list"), 1);
}

TEST_P(ContactsTest, PeopleFindAnAudienceByTheirOwnWords) {
  list("Newsletter");
  list("VIP customers");
  list("Autumn fair visitors 2026");
  auto rule = parse_rule_text("orders = 0");
  write([&](Tx& tx) { return create_segment(tx, workspace, "Never ordered", *rule, clock.now(), ids); });
  EXPECT_EQ(found("newsletter readers"), "Newsletter");
  EXPECT_EQ(found("our Newsletters"), "Newsletter");
  EXPECT_EQ(found("unsere Newsletterleser"), "Newsletter");
  EXPECT_EQ(found("all the vip people"), "VIP customers");
  EXPECT_EQ(found("visitors of the autumn fair"), "Autumn fair visitors 2026");
  EXPECT_EQ(found("people who never ordered"), "Never ordered");
  EXPECT_EQ(found("Everyone"), "all contacts");
  auto none = write_error([&](Tx& tx) { return resolve(tx, workspace, "dentists"); });
  EXPECT_EQ(none.code, Code::kNotFound);
  EXPECT_NE(none.message.find("'Newsletter'"), std::string::npos) << none.message;
  list("Berlin shop");
  list("Berlin fair");
  EXPECT_EQ(write_error([&](Tx& tx) { return resolve(tx, workspace, "berlin people"); }).code, Code::kInvalidArgument);
}

TEST_P(ContactsTest, PagesCoverEveryContactOnceInTheOrderOfIds) {
  std::vector<ContactChange> changes;
  for (int i = 0; i < 257; ++i) changes.push_back({.email = "p" + std::to_string(i) + "@example.org"});
  write([&](Tx& tx) { return upsert_contacts(tx, workspace, changes, MayAdd::kYes, clock.now(), {ids}); });
  std::vector<std::string> seen;
  Profiles profiles(clock);
  std::string after;
  while (true) {
    auto page = write([&](Tx& tx) { return profiles.page(tx, workspace, {}, after, 50); });
    for (const auto& recipient : page) seen.push_back(recipient.contact_id);
    if (page.size() < 50) break;
    after = page.back().contact_id;
    write([&](Tx& tx) {
      return upsert_contact(tx, workspace, {.email = "new" + std::to_string(seen.size()) + "@example.org"}, clock.now(),
                            {ids});
    });
  }
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
  EXPECT_GE(seen.size(), 257U);
  EXPECT_EQ(write([&](Tx& tx) { return audience_page(tx, workspace, {}, {.text = "P25"}, clock.now()); }).size(), 8U)
      << "p25, p250..p256";
}

TEST_P(ContactsTest, TheJournalIsToldWhichValuesAreOthers) {
  std::vector<std::string> told;
  Journal journal{ids};
  journal.on_contacts = [&](Tx&, const std::string&, std::span<const ContactChanged> changed, Instant) -> Result<void> {
    for (const auto& one : changed) {
      std::string line = "*";
      for (const auto& [name, change] : one.values) line += " " + name + ":" + change.from + ">" + change.to;
      told.push_back(std::move(line));
    }
    return {};
  };
  auto tell = [&](std::vector<ContactChange> changes) {
    told.clear();
    write([&](Tx& tx) { return upsert_contacts(tx, workspace, changes, MayAdd::kYes, clock.now(), journal); });
    return told;
  };
  using Lines = std::vector<std::string>;
  EXPECT_EQ(tell({{.email = "a@example.org", .first_name = "Ana", .attributes = {{"n", 3}, {"vip", true}}}, {}}),
            Lines{"* email:>a@example.org first_name:>Ana n:>3 vip:>true"});
  EXPECT_EQ(tell({{.email = "a@example.org", .first_name = "Ana", .attributes = {{"n", 3}}}}), Lines{});
  EXPECT_EQ(tell({{.email = "a@example.org", .language = "fr", .attributes = {{"n", "4"}, {"vip", nullptr}}},
                  {.email = "a@example.org", .attributes = {{"n", 5}}}}),
            Lines{"* language:>fr n:3>5 vip:true>"});
  auto contact = write([&](Tx& tx) { return get_contact_by_email(tx, workspace, "a@example.org"); });
  std::string newsletter = list("Newsletter");
  auto join = [&](auto change) {
    told.clear();
    write([&](Tx& tx) { return change(tx, workspace, newsletter, {{contact.id}}, clock.now(), journal); });
    return told;
  };
  EXPECT_EQ(join(&add_members), Lines{"*"});
  EXPECT_EQ(join(&add_members), Lines{});
  EXPECT_EQ(join(&remove_members), Lines{"*"});
  EXPECT_EQ(join(&remove_members), Lines{});
}

TEST(ContactTexts, AddressesAreMasked) {
  EXPECT_EQ(masked_email("ada.lark@example.org"), "a***@example.org");
  EXPECT_EQ(masked_email("\xC3\xA9mile@example.org"), "\xC3\xA9***@example.org");
  EXPECT_EQ(masked_email("nothing"), "***");
}

INSTANTIATE_TEST_SUITE_P(Both, ContactsTest, both_databases(), database_name);

}  // namespace
}  // namespace spreaders::audience
