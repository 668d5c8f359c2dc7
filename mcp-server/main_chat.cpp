#include "mcp-server/main_chat.hpp"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "core/bytes.hpp"
#include "core/embedded.hpp"
#include "services/approvals/approvals.hpp"

namespace spreaders::app {

namespace {

constexpr size_t kLineMax = 8000;

void say(const std::string& text) {
  std::fputs((text + "\n").c_str(), stdout);
  std::fflush(stdout);
}

class Chat {
 public:
  Chat(App& app, ChatOptions options) : app_(app), options_(std::move(options)) {}

  int run() {
    greet();
    if (options_.sample_audience && !load_sample()) return 1;
    if (!options_.voice_file.empty() && !hear()) return 1;
    if (!options_.goal.empty()) {
      if (!plan({{"goal", options_.goal}})) return 1;
      if (options_.yes) return finish_without_questions();
    }
    return talk();
  }

 private:
  Result<Json> call(const std::string& tool, Json arguments, const Principal& as) { return app_.tools().call({.name = tool, .arguments = std::move(arguments), .principal = as}); }
  Result<Json> call(const std::string& tool, Json arguments) { return call(tool, std::move(arguments), app_.owner("chat")); }

  static void complain(const Error& error) { say("! " + error.text()); }

  void greet() {
    say("Spreaders - type a goal, approve the plan, get the report.");
    say("  planner      " + app_.planner_name());
    say("  mail         " + std::string(app_.in_sandbox() ? "sandbox: nothing leaves this machine, the readers are simulated" : app_.config().mail.host.empty() ? "another Spreaders process on this data directory sends" : app_.config().mail.host));
    if (app_.in_sandbox()) {
      say("  mailbox      " + app_.world()->http_base() + "/");
      if (app_.clock().is_virtual()) say("  clock        virtual: it starts now and jumps to the next due time");
    }
    if (app_.http() != nullptr) say("  MCP          " + app_.base_url() + "/mcp");
    say("");
  }

  bool load_sample() {
    std::string csv;
    for (const auto& file : embedded_samples()) csv = file.text;
    auto done = call("audience.importContacts", {{"csv", csv}, {"mode", "subscribe"}, {"list", "Newsletter"}, {"consent_source", "sample audience"}});
    if (!done.ok()) return complain(done.error()), false;
    if (!done->value("repeated", false)) say("Loaded the sample audience: " + std::to_string(done->value("added", 0)) + " fictional readers in the list 'Newsletter', " + std::to_string(done->value("failed", 0)) + " rows refused.\n");
    return true;
  }

  bool hear() {
    std::ifstream file(options_.voice_file, std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    if (!file) return say("! the file " + options_.voice_file + " cannot be read"), false;
    if (app_.transcriber() == nullptr) return say("! no transcription service is configured: set speech.base_url (any Whisper-shaped service) or OPENAI_API_KEY"), false;
    auto heard = app_.transcriber()->transcribe(options_.voice_file.substr(options_.voice_file.rfind('/') + 1), bytes.str(), "");
    if (!heard.ok()) return complain(heard.error()), false;
    say("I heard: \"" + heard->text + "\"");
    say("Press Enter if that is right, or type what you meant:");
    std::string line;
    bool typed = static_cast<bool>(std::getline(std::cin, line));
    options_.goal = typed && !trim(line).empty() ? std::string(trim(line)) : heard->text;
    return true;
  }

  bool plan(const Json& arguments) {
    auto made = call("campaign.plan", arguments);
    if (!made.ok()) return complain(made.error()), false;
    plan_id_ = made->value("plan_id", "");
    status_ = made->value("status", "");
    campaign_id_ = made->value("campaign_id", "");
    if (!made->value("note", "").empty()) say("Note: " + made->value("note", "") + "\n");
    if (!made->value("reply", "").empty()) say(made->value("reply", "") + "\n");
    for (const auto& change : (*made)["changes"]) say("  changed: " + change.get<std::string>());
    if (!(*made)["changes"].empty()) say("");
    say(made->value("card", ""));
    if (status_ == "ready") say("Say what you want different, or `approve`. `show` shows the mail, `help` what else there is.");
    return true;
  }

  // The approval of exactly this plan; made by asking to run it.
  std::optional<std::string> approval_id() {
    auto refused = call("campaign.execute", {{"campaign_id", campaign_id_}});
    if (refused.ok()) return "";
    if (refused.error().code == Code::kApprovalRequired) {
      for (const auto& issue : refused.error().issues) {
        if (issue.pointer == "approval_id") return issue.message;
      }
    }
    complain(refused.error());
    return std::nullopt;
  }

  bool decide(const std::string& id, const std::string& code, const std::string& via) {
    auto decided = call("approvals.decide", {{"approval_id", id}, {"decision", "approve"}, {"code", code}}, app_.owner(via));
    if (!decided.ok()) return complain(decided.error()), false;
    return true;
  }

  Result<std::string> new_code(const std::string& id) {
    return app_.storage().write(storage::Scope::of(app_.workspace()), [&](storage::Tx& tx) { return services::issue_code(tx, app_.workspace(), id, app_.clock().now()); });
  }

  bool approve_and_start(bool ask) {
    if (status_ != "ready") return say("There is no plan that could be approved yet."), false;
    auto id = approval_id();
    if (!id) return false;
    if (!id->empty()) {
      auto code = new_code(*id);
      if (!code.ok()) return complain(code.error()), false;
      std::string typed = *code;
      if (ask) {
        // Typing a code is what keeps one stray key from sending to everyone.
        std::fputs(("To send this, type the code " + *code + " (anything else keeps it as it is): ").c_str(), stdout);
        std::fflush(stdout);
        if (!std::getline(std::cin, typed) || trim(typed) != *code) return say("Not approved. Nothing was sent."), false;
      }
      if (!decide(*id, typed, ask ? "chat" : "cli --yes")) return false;
      say(ask ? "Approved." : "Approved by --yes, as the person who started this program.");
    }
    auto started = call("campaign.execute", {{"campaign_id", campaign_id_}});
    if (!started.ok()) return complain(started.error()), false;
    say("Campaign " + campaign_id_ + " is " + started->value("status", "") + (started->contains("start_at") ? ", sending starts " + (*started)["start_at"].get<std::string>() : "") + ".");
    started_ = true;
    return true;
  }

  std::string campaign_status() {
    auto status = call("campaign.getStatus", {{"campaign_id", campaign_id_}});
    if (!status.ok()) return "?";
    last_ = *status;
    return (*status)["campaign"].value("status", "");
  }

  static bool is_over(const std::string& status) { return status == "completed" || status == "failed" || status == "cancelled"; }

  void show_progress() {
    std::string now = to_text(app_.clock().now()).substr(0, 10);
    if (now == shown_day_) return;
    shown_day_ = now;
    campaign_status();
    const Json& f = last_["results"];
    auto n = [&](const char* name) { return std::to_string(f.value(name, int64_t{0})); };
    say("  " + now + "   sent " + n("sent") + ", opened " + n("opened") + ", clicked " + n("clicked") + ", orders " + n("orders") + (f.value("unknown", int64_t{0}) > 0 ? ", unclear " + n("unknown") : ""));
  }

  // Virtual time: run to the report. Real time: the engine's threads go on by themselves.
  bool watch() {
    if (!app_.clock().is_virtual()) {
      say(app_.in_sandbox() ? "It runs in real time. `status` shows where it is; the process has to stay open." : "It is scheduled. `spreaders serve` sends it; `status` shows where it is.");
      return true;
    }
    say("Running in virtual time:");
    auto driven = app_.drive([&] { return is_over(campaign_status()); }, [&] { show_progress(); });
    if (!driven.ok()) return complain(driven.error()), false;
    return true;
  }

  bool report() {
    if (campaign_id_.empty()) return say("There is no campaign yet."), false;
    auto summary = call("ai.summarizeCampaign", {{"campaign_id", campaign_id_}});
    if (!summary.ok()) return complain(summary.error()), false;
    const Json& f = (*summary)["figures"];
    auto n = [&](const char* name) { return std::to_string(f.value(name, int64_t{0})); };
    auto percent = [&](const char* name) { return to_text(f[name]) + " %"; };
    say("\nReport: " + summary->value("name", ""));
    say("  addressed " + n("audience") + ", sent " + n("sent") + ", left out " + n("skipped") + ", refused " + n("failed") + ", unclear " + n("unknown") + ", bounced " + n("bounced"));
    say("  opened    " + n("opened") + "  (" + percent("open_rate") + ")");
    say("  clicked   " + n("clicked") + "  (" + percent("click_rate") + ")");
    say("  ordered   " + n("buyers") + "  (" + percent("order_rate") + "), " + n("orders") + " orders" + (f.value("revenue", 0.0) > 0 ? ", " + to_text(f["revenue"]) + " " + f.value("currency", "") : ""));
    say("  left      " + n("unsubscribed") + " unsubscribed");
    say_goal(f);
    for (const auto& missing : (*summary)["not_measured"]) say("  not measured: " + missing.get<std::string>());
    if (app_.in_sandbox()) say("  This ran in the sandbox: simulated readers (seed " + std::to_string(app_.config().sandbox.seed) + "), " + (app_.clock().is_virtual() ? "virtual clock, " : "") + "nothing left this machine.");
    return true;
  }

  // The plan's goals beside what was reached.
  void say_goal(const Json& figures) {
    auto shown = call("campaign.plan", {{"plan_id", plan_id_}});
    if (!shown.ok()) return;
    for (const auto& kpi : (*shown)["plan"]["brief"]["kpis"]) {
      std::string metric = kpi.value("metric", "");
      const char* figure = metric == "conversion_rate" || metric == "order_rate" ? "order_rate" : metric == "open_rate" ? "open_rate" : metric == "click_rate" ? "click_rate" : metric == "orders" ? "orders" : metric == "revenue" ? "revenue" : nullptr;
      std::string line = "  goal      " + metric + " " + kpi.value("cmp", ">=") + " " + to_text(kpi["target"]) + (kpi.value("unit", "") == "percent" ? " %" : "");
      if (figure == nullptr) say(line + ": not measured here");
      else say(line + ": reached " + to_text(figures[figure]) + (kpi.value("unit", "") == "percent" ? " %" : "") + (figures[figure].get<double>() >= kpi.value("target", 0.0) ? ", met" : ", not met"));
    }
  }

  int finish_without_questions() {
    if (status_ != "ready") {
      say("Nothing was started: the plan is " + status_ + ". Answer its questions in the goal, or run without --yes.");
      return 2;
    }
    if (!approve_and_start(false) || !watch()) return 1;
    if (!app_.clock().is_virtual()) return 0;
    if (!report()) return 1;
    return campaign_status() == "completed" ? 0 : 1;
  }

  void show_mail() {
    auto shown = call("campaign.plan", {{"plan_id", plan_id_}});
    if (!shown.ok()) return complain(shown.error());
    const Json* asset = at_pointer((*shown)["plan"], "/content_briefs/0/assets/0");
    if (asset == nullptr) return say("There is no mail yet.");
    std::string reference = asset->get<std::string>();
    auto row = app_.storage().read(storage::Scope::of(app_.workspace()), [&](storage::Tx& tx) {
      return tx.query("SELECT subject, html, plain FROM template_version WHERE workspace_id = $1 AND template_id = $2 AND version = $3", {app_.workspace(), reference.substr(0, reference.find('@')), std::stoll(reference.substr(reference.find('@') + 1))});
    });
    if (row.ok() && !row->empty()) say("Subject: " + (*row)[0][0].text() + "\n\n" + (*row)[0][1].text());
  }

  // One line of the user; false ends the conversation.
  bool answer(const std::string& line) {
    std::string word = lower_ascii(line);
    auto change = [&](const char* tool) {
      if (campaign_id_.empty() || !started_) return say("Nothing is running.");
      auto done = call(tool, {{"campaign_id", campaign_id_}});
      if (!done.ok()) return complain(done.error());
      say("The campaign is " + done->value("status", "") + ".");
    };
    if (word == "quit" || word == "exit" || word == "bye") return false;
    if (word == "help") {
      say("approve   send the plan you see (you type a code)\nshow      the mail as it is written\nstatus    where the campaign is\npause, resume, cancel\nreport    the figures\nnew       another goal\nquit\nAnything else changes the plan, or is a goal.");
    } else if (word == "approve" || word == "yes" || word == "go") {
      if (approve_and_start(true) && watch() && app_.clock().is_virtual()) report();
    } else if (word == "show") {
      show_mail();
    } else if (word == "status") {
      say(campaign_id_.empty() ? "There is no campaign yet." : "The campaign is " + campaign_status() + ".");
    } else if (word == "report") {
      report();
    } else if (word == "pause" || word == "resume" || word == "cancel") {
      change(word == "pause" ? "campaign.pause" : word == "resume" ? "campaign.resume" : "campaign.cancel");
    } else if (word == "new") {
      plan_id_.clear(), campaign_id_.clear(), status_.clear(), started_ = false;
      say("What do you want to reach?");
    } else if (plan_id_.empty() || started_) {
      started_ = false;
      plan({{"goal", line}});
    } else {
      plan({{"plan_id", plan_id_}, {"change", line}});
    }
    return true;
  }

  int talk() {
    if (plan_id_.empty()) say("What do you want to reach? For example: Tell our newsletter readers about the autumn jackets by email, 250 dollars, from tomorrow for ten days, we want 4% of them to order");
    std::string line;
    for (;;) {
      std::fputs("> ", stdout);
      std::fflush(stdout);
      if (!std::getline(std::cin, line)) return 0;
      std::string text(trim(line));
      if (text.empty()) continue;
      if (!is_utf8(text)) {
        say("! that line is not valid UTF-8");
        continue;
      }
      if (count_code_points(text) > kLineMax) {
        say("! that is longer than " + std::to_string(kLineMax) + " characters");
        continue;
      }
      if (!answer(text)) return 0;
    }
  }

  App& app_;
  ChatOptions options_;
  std::string plan_id_, campaign_id_, status_, shown_day_;
  bool started_ = false;
  Json last_ = Json::object();
};

}  // namespace

int run_chat(App& app, const ChatOptions& options) { return Chat(app, options).run(); }

}  // namespace spreaders::app
