#include "storage/postgres/row_security.hpp"

namespace spreaders::storage::postgres {

namespace {

// Without a setting current_setting() is NULL, and after a transaction that had one it is '': both match no row.
constexpr std::string_view kOwnRows =
    "workspace_id = current_setting('app.workspace', true) OR current_setting('app.workspace', true) = '*'";

std::string quoted_name(std::string_view name) {
  std::string out = "\"";
  for (char c : name) out.append(c == '"' ? 2 : 1, c);
  return out + "\"";
}

}  // namespace

Result<void> refuse_unbound_role(Tx& tx) {
  auto role =
      TRY(tx.query_one("SELECT rolname::text, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"));
  if (!role) return Error{Code::kNotConfigured, "the database does not know the role that it is used with"};
  const std::string& name = (*role)[0].text();
  std::string_view trait = (*role)[1].boolean() ? "is a superuser" : (*role)[2].boolean() ? "has BYPASSRLS" : "";
  if (trait.empty()) return {};
  return Error{Code::kNotConfigured,
               "the database role " + name + " " + std::string(trait) +
                   ", so row-level security would not keep workspaces apart; use a role made with: "
                   "CREATE ROLE spreaders LOGIN NOSUPERUSER NOBYPASSRLS"};
}

Result<void> wall_tables(Tx& tx) {
  auto open = TRY(tx.query(
      "SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN "
      "('r', 'p') "
      "AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT "
      "a.attisdropped) "
      "AND NOT (c.relrowsecurity AND c.relforcerowsecurity "
      "AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'workspace_wall')) ORDER BY 1"));
  for (const auto& row : open) {
    std::string table = quoted_name(row[0].text());
    TRY(tx.execute("ALTER TABLE " + table + " ENABLE ROW LEVEL SECURITY"));
    TRY(tx.execute("ALTER TABLE " + table + " FORCE ROW LEVEL SECURITY"));
    TRY(tx.execute("DROP POLICY IF EXISTS workspace_wall ON " + table));
    std::string rule(kOwnRows);
    TRY(tx.execute("CREATE POLICY workspace_wall ON " + table + " USING (" + rule + ") WITH CHECK (" + rule + ")"));
  }
  return {};
}

}  // namespace spreaders::storage::postgres
