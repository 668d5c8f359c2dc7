#include "agent/run_state.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"

namespace spreaders::agent {

using storage::Scope;
using storage::Tx;

Result<RunState> load_run(storage::Storage& storage, const Principal& person, const std::string& run_id) {
  auto row = TRY(storage.read(Scope::of(person.workspace), [&](Tx& tx) {
    return tx.query_one("SELECT state, updated_at FROM agent_run WHERE workspace_id = $1 AND id = $2",
                        {person.workspace, run_id});
  }));
  Error missing = not_found("there is no conversation '" + std::string(first_code_points(run_id, 60)) + "'");
  if (!row) return missing;
  Json stored = TRY(parse_json((*row)[0].text(), {.bytes_max = kStateBytesMax}));
  int64_t schema = stored.value("schema", int64_t{0});
  if (schema != kRunSchema)
    return conflict("the conversation was saved by another version (" + std::to_string(schema) + "); start a new one");
  RunState state = TRY(decode<RunState>(stored, "The saved conversation"));
  if (state.person != person.id || state.workspace != person.workspace) return missing;
  state.saved_at_us = (*row)[1].integer();
  return state;
}

Result<void> save_run(storage::Storage& storage, RunState& state, Instant now) {
  std::string text = to_text(encode(state));
  if (text.size() > kStateBytesMax) return conflict("this conversation is too long to go on; start a new one");
  // Grows with every save even if the clock stands still: that is what tells two writers apart.
  int64_t saved_at_us = std::max(now.us, state.saved_at_us + 1);
  TRY(storage.write(Scope::of(state.workspace), [&](Tx& tx) -> Result<void> {
    int64_t rows = 0;
    if (state.saved_at_us == 0) {
      rows =
          TRY(tx.execute("INSERT INTO agent_run (workspace_id, id, status, state, created_at, updated_at) VALUES ($1, "
                         "$2, $3, $4, $5, $5) ON CONFLICT (workspace_id, id) DO NOTHING",
                         {state.workspace, state.run_id, state.status, text, saved_at_us}));
    } else {
      rows =
          TRY(tx.execute("UPDATE agent_run SET status = $3, state = $4, updated_at = $5 WHERE workspace_id = $1 AND id "
                         "= $2 AND updated_at = $6",
                         {state.workspace, state.run_id, state.status, text, saved_at_us, state.saved_at_us}));
    }
    if (rows != 1) return conflict("this conversation goes on in another place");
    return {};
  }));
  state.saved_at_us = saved_at_us;
  return {};
}

}  // namespace spreaders::agent
