#include "services/templates/templates.hpp"

#include "services/audience/test_database.hpp"
#include "services/templates/comments.hpp"

namespace spreaders::services {
namespace {

using audience::both_databases;
using audience::database_name;
using storage::Tx;

class TemplatesTest : public audience::DatabaseTest {
 protected:
  StoredTemplate save(const std::string& name, const std::string& subject) {
    return write([&](Tx& tx) {
      return save_template(tx, workspace, name, {.subject = subject, .preheader = "", .html = "<p>Hi</p>", .text = ""},
                           clock.now(), ids);
    });
  }
  StoredTemplate edit(const std::string& id, const TemplateEdit& change) {
    return write([&](Tx& tx) { return edit_template(tx, workspace, id, change, clock.now(), ids); });
  }
  Error edit_error(const std::string& id, const TemplateEdit& change) {
    return write_error([&](Tx& tx) { return edit_template(tx, workspace, id, change, clock.now(), ids); });
  }
};

TEST_P(TemplatesTest, AnEditKeepsWhatItDoesNotNameAndOverwritesNobody) {
  auto first = save("Autumn", "Jackets");
  auto second = edit(first.id, {.subject = "Warm jackets", .based_on = 1});
  EXPECT_EQ(second.version, 2);
  EXPECT_EQ(second.content.subject, "Warm jackets");
  EXPECT_EQ(second.content.html, "<p>Hi</p>");
  auto late = edit_error(first.id, {.subject = "Cheap jackets", .based_on = 1});
  EXPECT_EQ(late.code, Code::kConflict);
  EXPECT_NE(late.message.find("at version 2, not 1"), std::string::npos) << late.message;
  EXPECT_EQ(edit(first.id, {.subject = "Warm jackets"}).version, 2) << "the same content is the same version";
  auto broken = edit_error(first.id, {.subject = "{{ contact.first_name", .html = "{% if %}"});
  EXPECT_EQ(broken.code, Code::kInvalidArgument);
  EXPECT_EQ(broken.issues.size(), 3U) << "all of them, in every part: " << broken.text();
  auto kept = write([&](Tx& tx) { return get_template(tx, workspace, first.id, 1); });
  EXPECT_EQ(kept.content.subject, "Jackets") << "versions never change";
}

TEST_P(TemplatesTest, NamesAreUnique) {
  auto autumn = save("Autumn", "Jackets");
  save("Winter", "Coats");
  EXPECT_EQ(edit_error(autumn.id, {.name = "Winter"}).code, Code::kConflict);
  auto renamed = edit("Autumn", {.name = "Fall"});
  EXPECT_EQ(renamed.id, autumn.id);
  EXPECT_EQ(renamed.name, "Fall");
  EXPECT_EQ(renamed.version, 1);
  EXPECT_EQ(edit_error("Autumn", {.subject = "x"}).code, Code::kNotFound);
}

TEST_P(TemplatesTest, ACopyBeginsAnew) {
  auto autumn = save("Autumn", "Jackets");
  edit(autumn.id, {.subject = "Warm jackets"});
  auto copy = [&](int64_t version, const std::string& name) {
    return write([&](Tx& tx) { return duplicate_template(tx, workspace, "Autumn", version, name, clock.now(), ids); });
  };
  auto old_one = copy(1, "Autumn again");
  EXPECT_NE(old_one.id, autumn.id);
  EXPECT_EQ(old_one.version, 1);
  EXPECT_EQ(old_one.content.subject, "Jackets");
  EXPECT_EQ(copy(0, "Third").content.subject, "Warm jackets");
  EXPECT_EQ(write_error([&](Tx& tx) {
              return duplicate_template(tx, workspace, "Autumn", 0, "Third", clock.now(), ids);
            }).code,
            Code::kConflict);
}

TEST_P(TemplatesTest, CommentsStayUntilSomebodyResolvesThem) {
  auto autumn = save("Autumn", "Jackets");
  auto comment = [&](const NewComment& made) {
    clock.move_to(clock.now() + kSecond_us);
    return write([&](Tx& tx) { return add_comment(tx, workspace, made, clock.now(), ids); });
  };
  auto list = [&](Which which) { return write([&](Tx& tx) { return list_comments(tx, workspace, "Autumn", which); }); };
  auto first = comment({.template_id = "Autumn", .part = TemplatePart::kSubject, .text = "Too short", .by = "usr_1"});
  edit(autumn.id, {.subject = "Warm jackets"});
  auto second = comment({.template_id = autumn.id, .text = "Better", .by = "usr_2"});
  EXPECT_EQ(first.version, 1);
  EXPECT_EQ(second.version, 2);
  ASSERT_EQ(list(Which::kOpen).size(), 2U);
  EXPECT_EQ(list(Which::kOpen)[0].part, TemplatePart::kSubject);
  for (const char* who : {"usr_2", "usr_3"}) {
    auto done = write([&](Tx& tx) { return resolve_comment(tx, workspace, first.id, who, clock.now()); });
    EXPECT_EQ(done.resolved_by, "usr_2") << "who came first";
  }
  EXPECT_EQ(list(Which::kOpen).size(), 1U);
  EXPECT_EQ(list(Which::kAll).size(), 2U);
  EXPECT_EQ(write_error([&](Tx& tx) { return resolve_comment(tx, workspace, "cmt_0", "usr_1", clock.now()); }).code,
            Code::kNotFound);
  EXPECT_EQ(write_error([&](Tx& tx) {
              return add_comment(tx, workspace, {.template_id = "Autumn", .version = 9, .text = "x"}, clock.now(), ids);
            }).code,
            Code::kNotFound);
}

INSTANTIATE_TEST_SUITE_P(Databases, TemplatesTest, both_databases(), database_name);

}  // namespace
}  // namespace spreaders::services
