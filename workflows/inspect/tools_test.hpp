// Tools called as the pipeline calls them: decode, handler in a transaction or with parts, encode.
#pragma once

#include "services/audience/contacts.hpp"
#include "services/audience/lists.hpp"
#include "workflows/fakes_test.hpp"
#include "workflows/inspect/tools.hpp"
#include "workflows/library.hpp"

namespace spreaders::workflows::inspect {

using fakes::kWorkspace;
using fakes::parsed;
using storage::Tx;

class ToolsTest : public fakes::EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (storage_ == nullptr) return;
    parts_.add<storage::Storage>(*storage_);
    parts_.add<storage::SendGuard>(guard_);
    parts_.add<storage::ProfileSource>(profiles_);
  }
  Result<Json> call(std::string_view name, const Json& arguments) {
    const ToolSpec* tool = find_tool(inspect_tools(), name);
    if (tool == nullptr) return not_found("no tool " + std::string(name));
    auto args = TRY(tool->body.decode(arguments));
    ToolContext context{.principal = {.id = "usr_1", .workspace = kWorkspace, .scopes = scopes_, .door = "test"},
                        .clock = clock_,
                        .ids = ids_,
                        .parts = parts_,
                        .tools = tools_,
                        .approval = "apr_1"};
    if (tool->run == Run::kFree) return tool->body.run(context, args.get());
    return write([&](Tx& tx) {
      context.transaction = &tx;
      return tool->body.run(context, args.get());
    });
  }
  Json ok(std::string_view name, const Json& arguments) {
    auto answer = call(name, arguments);
    EXPECT_TRUE(answer.ok()) << name << ": " << answer.error().text() << answer.error().detail;
    return answer.ok() ? *answer : Json::object();
  }
  std::string refused(std::string_view name, const Json& arguments) {
    auto answer = call(name, arguments);
    EXPECT_FALSE(answer.ok()) << to_text(*answer);
    return answer.ok() ? "" : answer.error().text();
  }
  // A contact; the id.
  std::string person(const std::string& email, audience::Attributes attributes = {}) {
    audience::ContactChange change{.email = email, .attributes = std::move(attributes)};
    auto made = write([&](Tx& tx) { return audience::upsert_contact(tx, kWorkspace, change, clock_.now(), {ids_}); });
    EXPECT_TRUE(made.ok()) << made.error().text();
    return made.ok() ? made->contact.id : "";
  }
  // The next version of a workflow, or a new one; its id.
  std::string save(const Json& definition, const std::string& id = "") {
    auto saved = write([&](Tx& tx) { return save_workflow(tx, kWorkspace, id, definition, clock_.now(), ids_); });
    EXPECT_TRUE(saved.ok()) << saved.error().text();
    return saved.ok() ? saved->id : "";
  }
  Parts parts_;
  std::vector<std::string> scopes_ = {"*"};  // of whoever calls
};

}  // namespace spreaders::workflows::inspect
