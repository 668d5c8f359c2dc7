#include "services/audience/audience.hpp"

#include <set>

#include "core/bytes.hpp"
#include "services/audience/segments.hpp"

namespace spreaders::audience {

namespace {

using storage::Values;

// Words that say "people" and not which.
constexpr std::string_view kFillers[] = {
    "a",       "all",         "an",        "and",     "audience",   "contact",   "customer", "follower", "for",
    "in",      "list",        "mailing",   "member",  "my",         "of",        "on",       "our",      "people",
    "person",  "reader",      "recipient", "segment", "subscriber", "the",       "their",    "to",       "user",
    "who",     "with",        "your",      "der",     "die",        "das",       "den",      "unser",    "unsere",
    "unseren", "alle",        "allen",     "an",      "von",        "mit",       "leser",    "kunden",   "liste",
    "les",     "nos",         "notre",     "tous",    "de",         "du",        "des",      "la",       "le",
    "lecteur", "abonne",      "client",    "el",      "los",        "nuestro",   "nuestros", "todos",    "lectore",
    "cliente", "suscriptore", "os",        "nossos",  "leitore",    "assinante", "i",        "gli",      "nostri",
    "lettori", "iscritti",    "clienti",   "lista"};

constexpr std::string_view kEveryone[] = {"all",
                                          "all contacts",
                                          "all customers",
                                          "all people",
                                          "all subscribers",
                                          "all users",
                                          "contacts",
                                          "everybody",
                                          "everyone",
                                          "everyone we know",
                                          "our contacts",
                                          "the whole audience",
                                          "alle",
                                          "alle kontakte",
                                          "tous",
                                          "tous les contacts",
                                          "tout le monde",
                                          "todos",
                                          "todos los contactos",
                                          "todos os contatos",
                                          "tutti",
                                          "tutti i contatti",
                                          "iedereen"};

std::string singular(std::string word) {
  auto cut = [&](std::string_view ending, std::string_view instead) {
    if (word.size() < ending.size() + 3 || !word.ends_with(ending)) return false;
    word = word.substr(0, word.size() - ending.size()) + std::string(instead);
    return true;
  };
  if (cut("ies", "y") || cut("sses", "ss") || cut("ches", "ch") || cut("shes", "sh") || cut("xes", "x")) return word;
  if (!word.ends_with("ss") && !word.ends_with("us")) cut("s", "");
  return word;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  auto flush = [&] {
    if (!word.empty()) words.push_back(singular(std::move(word)));
    word.clear();
  };
  for (char c : lower_ascii(text)) {
    bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
    if (letter) word += c;
    else flush();
  }
  flush();
  return words;
}

std::set<std::string> telling_words(std::string_view text) {
  std::set<std::string> telling;
  for (auto& word : words_of(text)) {
    if (std::find(std::begin(kFillers), std::end(kFillers), word) == std::end(kFillers))
      telling.insert(std::move(word));
  }
  return telling;
}

// "newsletterleser" and "newsletter" share a word; five letters keep "new" from meeting "news".
bool same_word(const std::string& a, const std::string& b) {
  constexpr size_t kPrefixMin = 5;
  if (a == b) return true;
  const auto& shorter = a.size() < b.size() ? a : b;
  const auto& longer = a.size() < b.size() ? b : a;
  return shorter.size() >= kPrefixMin && longer.starts_with(shorter);
}

// Share of the two sets' words that meet, from 0 to 1.
double overlap(const std::set<std::string>& asked, const std::set<std::string>& name) {
  if (asked.empty() || name.empty()) return 0;
  auto meets = [](const std::set<std::string>& from, const std::set<std::string>& to) {
    return std::count_if(from.begin(), from.end(), [&](const std::string& word) {
      return std::any_of(to.begin(), to.end(), [&](const std::string& other) { return same_word(word, other); });
    });
  };
  return static_cast<double>(meets(asked, name) + meets(name, asked)) / static_cast<double>(asked.size() + name.size());
}

struct Candidate {
  Resolved resolved;
  double score = 0;
};

Result<std::vector<Candidate>> candidates_of(Tx& tx, const std::string& workspace) {
  std::vector<Candidate> candidates;
  for (auto& list : TRY(all_lists(tx, workspace))) candidates.push_back({{AudienceRef{list.id, ""}, list.name}});
  for (auto& segment : TRY(all_segments(tx, workspace)))
    candidates.push_back({{AudienceRef{"", segment.id}, segment.name}});
  return candidates;
}

Result<Resolved> best_of(std::vector<Candidate> candidates, std::string_view name) {
  constexpr double kScoreMin = 0.4;
  auto asked = telling_words(name);
  std::string all;
  for (auto& candidate : candidates) {
    candidate.score = overlap(asked, telling_words(candidate.resolved.name));
    if (all.size() < 300) all += (all.empty() ? "'" : ", '") + candidate.resolved.name + "'";
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  if (candidates.empty() || candidates.front().score < kScoreMin) {
    return not_found("No list or segment is called '" + std::string(first_code_points(name, 100)) + "'" +
                     (all.empty() ? "; there are none yet" : "; there are " + all));
  }
  if (candidates.size() > 1 && candidates[1].score == candidates[0].score) {
    return invalid("'" + std::string(first_code_points(name, 100)) + "' may mean '" + candidates[0].resolved.name +
                   "' or '" + candidates[1].resolved.name + "': say which");
  }
  return std::move(candidates.front().resolved);
}

// Where the members come from, under the alias c, and what says who they are; values are parameters, the first the
// workspace.
struct Selection {
  std::string from = "contact c";
  std::string where = "c.workspace_id = $1";
  std::string id = "c.id";  // to order and to continue by
  Values parameters;

  std::string bind(storage::Value value) {
    parameters.push_back(std::move(value));
    return "$" + std::to_string(parameters.size());
  }
};

Result<Selection> selection_of(Tx& tx, const std::string& workspace, const AudienceRef& ref, Instant now) {
  Selection selection{.parameters = {workspace}};
  if (!ref.segment_id.empty()) {
    auto segment = TRY(get_segment(tx, workspace, ref.segment_id));
    selection.where += " AND " + compile_rule(tx, segment.rule, now, selection.parameters);
  } else if (!ref.list_id.empty()) {
    TRY(get_list(tx, workspace, ref.list_id));
    // CROSS JOIN keeps SQLite from starting with all contacts: a short list is a short scan.
    selection.from = "list_member m CROSS JOIN contact c";
    selection.where = "m.workspace_id = $1 AND m.list_id = " + selection.bind(ref.list_id) +
                      " AND c.workspace_id = m.workspace_id AND c.id = m.contact_id";
    selection.id = "m.contact_id";
  }
  return selection;
}

Selection selection_of(const Tx& tx, const std::string& workspace, const Rule& rule, Instant now) {
  Selection selection{.parameters = {workspace}};
  selection.where += " AND " + compile_rule(tx, rule, now, selection.parameters);
  return selection;
}

Result<std::vector<Contact>> page_of(Tx& tx, Selection selection, const PageQuery& query) {
  std::string sql =
      "SELECT " + std::string(contact_columns()) + " FROM " + selection.from + " WHERE " + selection.where;
  if (!query.after.empty()) sql += " AND " + selection.id + " > " + selection.bind(query.after);
  if (!query.text.empty()) {
    bool postgres = tx.dialect() == storage::Dialect::kPostgres;
    std::string whole = "lower(c.email || ' ' || c.first_name || ' ' || c.last_name)";
    std::string needle = "CAST(" + selection.bind(lower_ascii(query.text)) + " AS TEXT)";
    sql += std::string(" AND ") + (postgres ? "strpos(" : "instr(") + whole + ", " + needle + ") > 0";
  }
  int limit = std::clamp(query.limit, 1, static_cast<int>(kPageMax));
  sql += " ORDER BY " + selection.id + " LIMIT " + std::to_string(limit);
  std::vector<Contact> contacts;
  for (const auto& row : TRY(tx.query(sql, selection.parameters))) contacts.push_back(contact_of(row));
  return contacts;
}

Result<int64_t> count_of(Tx& tx, const Selection& selection) {
  auto row =
      TRY(tx.query_one("SELECT COUNT(*) FROM " + selection.from + " WHERE " + selection.where, selection.parameters));
  return (*row)[0].integer();
}

}  // namespace

Result<Resolved> resolve(Tx& tx, const std::string& workspace, std::string_view name) {
  std::string wanted = lower_ascii(trim(name));
  if (wanted.empty()) return invalid("Say which list or segment, or 'everyone'");
  auto candidates = TRY(candidates_of(tx, workspace));
  for (auto& candidate : candidates) {
    const auto& ref = candidate.resolved.ref;
    bool same_id = trim(name) == (ref.list_id.empty() ? ref.segment_id : ref.list_id);
    if (same_id || lower_ascii(candidate.resolved.name) == wanted) return std::move(candidate.resolved);
  }
  if (std::find(std::begin(kEveryone), std::end(kEveryone), wanted) != std::end(kEveryone))
    return Resolved{{}, "all contacts"};
  return best_of(std::move(candidates), trim(name));
}

Result<std::vector<Contact>> audience_page(Tx& tx, const std::string& workspace, const AudienceRef& ref,
                                           const PageQuery& query, Instant now) {
  return page_of(tx, TRY(selection_of(tx, workspace, ref, now)), query);
}

Result<int64_t> audience_count(Tx& tx, const std::string& workspace, const AudienceRef& ref, Instant now) {
  return count_of(tx, TRY(selection_of(tx, workspace, ref, now)));
}

Result<int64_t> rule_count(Tx& tx, const std::string& workspace, const Rule& rule, Instant now) {
  return count_of(tx, selection_of(tx, workspace, rule, now));
}

Result<std::vector<Contact>> rule_page(Tx& tx, const std::string& workspace, const Rule& rule, const PageQuery& query,
                                       Instant now) {
  return page_of(tx, selection_of(tx, workspace, rule, now), query);
}

Result<std::vector<storage::Recipient>> Profiles::page(Tx& tx, const std::string& workspace,
                                                       const AudienceRef& audience, const std::string& after_contact_id,
                                                       int limit) {
  auto contacts =
      TRY(audience_page(tx, workspace, audience, {.after = after_contact_id, .limit = limit}, clock_.now()));
  std::vector<storage::Recipient> recipients;
  recipients.reserve(contacts.size());
  for (auto& contact : contacts) recipients.push_back({std::move(contact.id), std::move(contact.email)});
  return recipients;
}

}  // namespace spreaders::audience
