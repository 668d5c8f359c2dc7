// Mails against what the renderer adds by itself, and what a workflow asks a person before it runs; on both databases.
#include "workflows/arguments.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "services/templates/templates.hpp"
#include "workflows/fakes_test.hpp"
#include "workflows/nested.hpp"
#include "workflows/tools.hpp"

namespace spreaders::workflows {
namespace {

using fakes::EngineTest;
using fakes::kWorkspace;
using fakes::parsed;
using storage::Tx;

class Arguments : public EngineTest {};
INSTANTIATE_TEST_SUITE_P(Engines, Arguments, ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres),
                         events::fakes::engine_name);

TEST_P(Arguments, AMailWithoutAWayOutIsNamedWhereNoneIsAdded) {
  auto save = [&](const std::string& name, const std::string& html, const std::string& text) {
    auto made = write([&](Tx& tx) {
      return services::save_template(tx, kWorkspace, name, {"Hi", "", html, text}, clock_.now(), ids_);
    });
    EXPECT_TRUE(made.ok()) << made.error().text();
    return made.ok() ? made->id : "";
  };
  struct Case {
    std::string id;
    bool transactional;
    bool named;
  };
  const Case cases[] = {{save("html", "<p>Hi</p>", ""), false, false},
                        {save("text", "", "Hi"), false, false},
                        {save("both", "<p>Hi</p>", "Hi"), false, true},
                        {save("both with", "<p>Hi</p>", "Hi {{ unsubscribe_url }}"), false, false},
                        {save("receipt", "<p>Hi</p>", "Your receipt"), true, false},
                        {"tpl_none", false, false}};
  for (const auto& one : cases) {
    Json bulk = {{"type", "for_each"},
                 {"channel", "email"},
                 {"payload", {{"template", one.id}, {"version", 1}, {"transactional", one.transactional}}}};
    Json single = {{"type", "action"},
                   {"tool", "notification.sendEmail"},
                   {"args", {{"template_id", one.id}, {"transactional", one.transactional}}}};
    Json json = {{"nodes", {{"b", bulk}, {"s", single}}}};
    auto found = write([&](Tx& tx) { return find_mail_problems(tx, kWorkspace, json); });
    ASSERT_TRUE(found.ok()) << found.error().text();
    ASSERT_EQ(found->size(), one.named ? 2u : 0u) << one.id;
    if (!one.named) continue;
    EXPECT_EQ((*found)[0].pointer, "/nodes/b/payload/template");
    EXPECT_EQ((*found)[1].pointer, "/nodes/s/args/template_id");
    EXPECT_EQ((*found)[0].code, "missing_unsubscribe");
  }
}

TEST_P(Arguments, ThePersonReadsAllThatIsSentAndChangedAlsoWithin) {
  auto save = [&](const std::string& name, const Json& nodes) {
    Json json = {{"name", name}, {"start", "n"}, {"nodes", nodes}};
    auto made = write([&](Tx& tx) { return save_workflow(tx, kWorkspace, "", json, clock_.now(), ids_); });
    EXPECT_TRUE(made.ok()) << made.error().text();
    return *made;
  };
  Workflow inner = save("Winback", parsed(R"({"n":{"type":"for_each","audience":{"list_id":"lst_7"},"channel":"email",
    "connection":"con_1","payload":{"template":"tpl_1","version":2},"next":"t"},"t":{"type":"tag","add":["won"],"next":"end"},"end":{"type":"end"}})"));
  Json around = parsed(R"({"n":{"type":"sub_workflow","version":1,"on":{"completed":"end"}},"end":{"type":"end"}})");
  around["n"]["workflow"] = inner.id;
  Workflow outer = save("Outer", around);
  auto ask = [&](const Workflow& workflow) {
    auto made = write([&](Tx& tx) { return workflow_approval(tx, kWorkspace, workflow, tools_); });
    EXPECT_TRUE(made.ok()) << made.error().text();
    return *made;
  };
  ApprovalSubject asked = ask(outer);
  for (const char* said : {"send to an audience by email", "change the contact's lists", "start another workflow",
                           "lst_7", "tpl_1", "'Winback'", "won"})
    EXPECT_NE(asked.summary.find(said), std::string::npos) << said << " in " << asked.summary;
  EXPECT_EQ(ask(outer).hash, asked.hash);
  Json many = {{"end", {{"type", "end"}}}};
  for (int i = 0; i < 120; ++i)
    many["s" + std::to_string(i)] = {{"type", "tag"},
                                     {"add", {"list number " + std::to_string(i)}},
                                     {"next", i == 119 ? "end" : "s" + std::to_string(i + 1)}};
  many["n"] = {{"type", "delay"}, {"for", "P1D"}, {"next", "s0"}};
  asked = ask(save("Many", many));
  EXPECT_NE(asked.summary.find("change the contact's lists (120 steps)"), std::string::npos)
      << "what is cut off is counted";
}

}  // namespace
}  // namespace spreaders::workflows
