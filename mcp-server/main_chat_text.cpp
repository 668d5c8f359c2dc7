#include "mcp-server/main_chat_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"

namespace spreaders::app {

namespace {

std::string line(std::string_view name, const std::string& value) {
  std::string label(name);
  label.resize(std::max<size_t>(label.size() + 1, 10), ' ');
  return "  " + label + value + "\n";
}

std::string count(const Json& figures, const char* name) { return std::to_string(figures.value(name, int64_t{0})); }

// 4.0 as 4, 4.5 as it is.
std::string plain(const Json& number) {
  std::string text = to_text(number);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string share(const Json& figures, const char* name) {
  auto found = figures.find(name);
  return found == figures.end() || !found->is_number() ? "-" : plain(*found) + " %";
}

// One goal of the plan beside what was reached.
std::string goal_line(const Json& goal, const Json& figures) {
  constexpr std::pair<std::string_view, const char*> kMeasured[] = {
      {"conversion_rate", "order_rate"}, {"order_rate", "order_rate"}, {"open_rate", "open_rate"},
      {"click_rate", "click_rate"},      {"orders", "orders"},         {"revenue", "revenue"}};
  std::string metric = goal.value("metric", "");
  std::string unit = goal.value("unit", "") == "percent" ? " %" : "";
  std::string words = metric;
  std::replace(words.begin(), words.end(), '_', ' ');
  bool at_most = goal.value("cmp", ">=") == "<=";
  double target = goal.value("target", 0.0);
  std::string text = words + (at_most ? " at most " : " at least ") + plain(goal["target"]) + unit;
  const auto* known =
      std::find_if(std::begin(kMeasured), std::end(kMeasured), [&](const auto& one) { return one.first == metric; });
  if (known == std::end(kMeasured) || !figures.contains(known->second))
    return line("goal", text + ": not measured here");
  double reached = figures[known->second].get<double>();
  bool met = at_most ? reached <= target : reached >= target;
  return line("goal", text + ": reached " + plain(figures[known->second]) + unit + (met ? ", met" : ", not met"));
}

size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t corner = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, corner + (a[i - 1] == b[j - 1] ? 0 : 1)});
      corner = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string greeting_text(const Greeting& greeting) {
  std::string out = "Spreaders: say what you want to reach, approve the plan, read the report.\n";
  out += greeting.model.empty()
             ? line("planner", "built in, needs no model (set ANTHROPIC_API_KEY or OPENAI_API_KEY to talk with one)")
             : line("agent", greeting.model + "; it plans and looks things up, only you approve");
  if (!greeting.mailbox.empty()) {
    out += line("mail", "sandbox: simulated readers, nothing leaves this machine");
    out += line("mailbox", greeting.mailbox);
  } else {
    out += line("mail",
                greeting.mail.empty() ? "sent by another Spreaders process on this data directory" : greeting.mail);
  }
  if (greeting.virtual_time) out += line("clock", "virtual: it starts now and jumps to whatever is due next");
  if (!greeting.mcp.empty()) out += line("MCP", greeting.mcp);
  return out;
}

std::string help_text(bool with_model) {
  return std::string("approve   start the plan you see; you type a code first\n") +
         "show      the mail as a reader sees it\n"
         "status    where the campaign is\n"
         "pause     stop sending; resume goes on, cancel ends it for good\n"
         "report    the figures\n"
         "import    FILE.csv: people and where they agreed to get your mail\n"
         "new       leave this plan and start with another goal\n" +
         (with_model ? "builtin   let the built-in planner read what you said last, without the model\n" : "") +
         "quit      (a campaign that was started goes on when you come back)\n" +
         (with_model ? "Anything else goes to the agent: goals, changes, questions."
                     : "Anything else is a goal, a change of the plan, or an answer to its questions.");
}

std::string introduction_text() {
  return "I plan email campaigns, send them when you approve, and report what came of it. Say what it is about, to "
         "whom, when and what it may cost, for example:\n  " +
         std::string(kExampleGoal) +
         "\n`help` lists the commands. Other questions need a model (ANTHROPIC_API_KEY or OPENAI_API_KEY).";
}

bool sounds_like_small_talk(std::string_view text) {
  constexpr std::string_view kGreetings[] = {"hi",    "hello",   "hey",      "thanks",    "thank you", "good morning",
                                             "hallo", "hola",    "salut",    "bonjour",   "olá",       "danke",
                                             "merci", "gracias", "obrigado", "こんにちは"};
  std::string lower = lower_ascii(trim(text));
  while (lower.ends_with('!') || lower.ends_with('.')) lower.pop_back();
  if (std::find(std::begin(kGreetings), std::end(kGreetings), lower) != std::end(kGreetings)) return true;
  return lower.ends_with('?') || lower.ends_with("？");
}

std::string next_text(std::string_view plan_status) {
  if (plan_status == "ready")
    return "Nothing is sent yet. Say what should be different, `show` the mail, or `approve`.";
  if (plan_status == "needs_input") return "Answer what is missing in your own words; the plan goes on from there.";
  if (plan_status == "blocked") return "This cannot be run as it is, and nothing was started. Say what to do instead.";
  if (plan_status == "draft")
    return "There is nothing in it that this version can send (it sends email). Add email, or carry it out by hand.";
  return "";
}

std::string remedy_text(const Error& model_error) {
  switch (model_error.code) {
    case Code::kReconnectNeeded:
      return "Put a valid key into ANTHROPIC_API_KEY, OPENAI_API_KEY or model.api_key and start again.";
    case Code::kNotConfigured:
      return "Check model.model and model.base_url (`spreaders config --show`).";
    case Code::kRateLimited:
      return model_error.retry_after_ms > 0
                 ? "Say it again in " + std::to_string((model_error.retry_after_ms + 999) / 1000) + " seconds."
                 : "Say it again in a minute.";
    case Code::kVendorRejected:
      return "Look at the account of the model's provider, or choose another model (model.model).";
    case Code::kInvalidArgument:
      return "Type `new` to begin another conversation.";
    default:
      return "Say it again in a moment; if that does not help, check the network and model.base_url.";
  }
}

std::string moment_text(std::string_view instant) {
  if (instant.size() < 16 || instant[10] != 'T') return std::string(instant);
  return std::string(instant.substr(0, 10)) + " " + std::string(instant.substr(11, 5)) + " UTC";
}

std::string progress_text(const std::string& day, const Json& results) {
  std::string unclear =
      results.value("unknown", int64_t{0}) > 0 ? ", not confirmed yet " + count(results, "unknown") : "";
  std::string later =
      results.value("deferred", int64_t{0}) > 0 ? ", waiting for a sending rule " + count(results, "deferred") : "";
  return "  " + day + "  sent " + count(results, "sent") + ", opened " + count(results, "opened") + ", clicked " +
         count(results, "clicked") + ", orders " + count(results, "orders") + unclear;
}

std::string stopped_text(const Json& stopped) {
  std::string what = stopped.value("campaign_id", "").empty() ? "All marketing" : "The campaign";
  return what + " is stopped since " + moment_text(stopped.value("at", "")) + ": " + stopped.value("reason", "") +
         ". Nothing of it is lost. A person lets it go on by approving sending.resume {\"stop_id\":\"" +
         stopped.value("stop_id", "") + "\"}.";
}

std::string report_text(const Json& summary, const Json& goals, const std::string& where) {
  const Json& f = summary["figures"];
  auto n = [&](const char* name) { return count(f, name); };
  std::string out = "Report: " + summary.value("name", "") + "\n";
  out += line("addressed", n("audience") + ", sent " + n("sent") + ", left out " + n("skipped") + ", refused " +
                               n("failed") + ", unclear " + n("unknown") + ", bounced " + n("bounced"));
  out += line("opened", n("opened") + "  (" + share(f, "open_rate") + ")");
  out += line("clicked", n("clicked") + "  (" + share(f, "click_rate") + ")");
  std::string revenue = f.value("revenue", 0.0) > 0 ? ", " + plain(f["revenue"]) + " " + f.value("currency", "") : "";
  out += line("ordered", n("buyers") + "  (" + share(f, "order_rate") + "), " + n("orders") +
                             (n("orders") == "1" ? " order" : " orders") + revenue);
  out += line("left", n("unsubscribed") + " unsubscribed");
  for (const auto& goal : goals) out += goal_line(goal, f);
  for (const auto& missing : summary.value("not_measured", Json::array()))
    out += "  not measured: " + missing.get<std::string>() + "\n";
  if (!where.empty()) out += "  " + where + "\n";
  return out;
}

std::string_view meant_command(std::string_view word) {
  for (std::string_view command : {"approve", "status", "pause", "resume", "cancel", "report", "builtin"}) {
    if (word != command && word.size() >= 4 && distance(word, command) == 1) return command;
    bool swapped = word.size() == command.size() && word != command && distance(word, command) == 2 &&
                   std::is_permutation(word.begin(), word.end(), command.begin());
    if (swapped) return command;
  }
  return "";
}

}  // namespace spreaders::app
