#include "mcp-server/main_chat.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "agent/loop.hpp"
#include "core/bytes.hpp"
#include "core/embedded.hpp"
#include "mcp-server/main_chat_text.hpp"
#include "mcp-server/main_foreign.hpp"
#include "mcp-server/main_interrupt.hpp"
#include "mcp-server/main_terminal.hpp"
#include "services/approvals/approvals.hpp"
#include "services/templates/html_text.hpp"
#include "services/templates/liquid/liquid.hpp"
#include "services/templates/templates.hpp"

namespace spreaders::app {

namespace {

constexpr size_t kLineMax = agent::kSayMax;
constexpr size_t kRecordingBytesMax = 25 * 1024 * 1024;  // what a Whisper-shaped service takes

std::string host_of(std::string_view url) {
  size_t from = url.find("//");
  if (from == std::string_view::npos) return "";
  std::string_view rest = url.substr(from + 2);
  return std::string(rest.substr(0, rest.find_first_of(":/?#")));
}

class Chat {
 public:
  Chat(App& app, ChatOptions options) : app_(app), options_(std::move(options)) {}

  int run() {
    greet();
    if (options_.sample_audience && !load_sample()) return 1;
    if (!options_.voice_file.empty()) {
      if (int code = hear(); code != 0) return code;
    }
    if (!options_.goal.empty()) {
      if (!understand(options_.goal) && options_.yes) return say("Nothing was started."), 1;
      if (options_.yes) return finish_without_questions();
    }
    return talk();
  }

 private:
  Result<Json> call(const std::string& tool, Json arguments, const std::string& door = "chat") {
    return app_.tools().call({.name = tool, .arguments = std::move(arguments), .principal = app_.owner(door)});
  }

  void greet() {
    Greeting greeting;
    greeting.mail = app_.config().mail.host;
    greeting.virtual_time = app_.clock().is_virtual();
    if (app_.language_model() != nullptr) greeting.model = app_.planner_name();
    if (app_.in_sandbox()) greeting.mailbox = app_.world()->http_base() + "/";
    if (app_.http() != nullptr) greeting.mcp = app_.base_url() + "/mcp";
    say(greeting_text(greeting));
  }

  bool load_sample() {
    std::string csv;
    for (const auto& file : embedded_samples()) csv = file.text;
    auto done =
        call("audience.importContacts",
             {{"csv", csv}, {"mode", "subscribe"}, {"list", "Newsletter"}, {"consent_source", "sample audience"}});
    if (!done.ok()) return complain(done.error()), false;
    if (done->value("repeated", false)) return true;
    auto refused = done->value("failed", int64_t{0});
    say("Loaded the sample audience: " + std::to_string(done->value("added", int64_t{0})) +
        " fictional readers in the list 'Newsletter'" +
        (refused > 0 ? "; " + std::to_string(refused) + " rows were refused" : "") + ".\n");
    return true;
  }

  // People come with what they agreed to, or not at all.
  void import_contacts(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream csv;
    csv << file.rdbuf();
    if (!file) return say("! The file " + path + " cannot be read.");
    auto list = ask("Which list do they join? (Enter: Newsletter) ");
    auto source = ask("Where did they agree to get your mail, for example 'sign-up form on our site'? ");
    if (!list || !source || source->empty())
      return say("Without their agreement nobody is mailed, so nothing was imported.");
    auto done = call("audience.importContacts", {{"csv", csv.str()},
                                                 {"mode", "subscribe"},
                                                 {"list", list->empty() ? "Newsletter" : *list},
                                                 {"consent_source", *source}});
    if (!done.ok()) return complain(done.error());
    auto n = [&](const char* name) { return std::to_string(done->value(name, int64_t{0})); };
    say(done->value("repeated", false)
            ? "That file was imported before; nothing changed."
            : "Imported: " + n("added") + " new, " + n("updated") + " changed, " + n("failed") + " left out.");
    size_t shown = 0;
    for (const auto& error : done->value("errors", Json::array())) {
      if (shown++ < 5) say("  ! " + (error.is_string() ? error.get<std::string>() : to_text(error)));
    }
  }

  // The goal from a recording. Speech is read with errors, so somebody has to look at it before it is used.
  int hear() {
    std::ifstream file(options_.voice_file, std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    if (!file) return say("! The recording " + options_.voice_file + " cannot be read."), 1;
    if (bytes.str().size() > kRecordingBytesMax)
      return say("! The recording is larger than 25 MiB. Send a shorter one, or a compressed format such as ogg."), 1;
    if (app_.transcriber() == nullptr) {
      say("! Nothing here turns speech into text: set speech.base_url (any Whisper-shaped service) or OPENAI_API_KEY.");
      return 1;
    }
    auto heard = [&] {
      Waiting waiting("listening");
      std::string name = options_.voice_file.substr(options_.voice_file.rfind('/') + 1);
      return app_.transcriber()->transcribe(name, bytes.str(), "");
    }();
    if (!heard.ok()) return complain(heard.error()), 1;
    say("I heard: \"" + heard->text + "\"");
    auto typed = ask("Press Enter if that is right, or type what you meant: ");
    if (!typed) return say("\nNobody has confirmed what was heard, so nothing was planned."), 2;
    options_.goal = typed->empty() ? heard->text : *typed;
    return 0;
  }

  // A goal, a change, an answer or a question. False when it came to nothing.
  bool understand(const std::string& text) {
    if (app_.language_model() != nullptr) return converse(text);
    return plan(text);
  }

  bool plan(const std::string& text) {
    bool change = !plan_id_.empty() && !started_;
    if (!change && is_small_talk(text)) return say(introduction_text()), true;
    auto made = call("campaign.plan", change ? Json{{"plan_id", plan_id_}, {"change", text}} : Json{{"goal", text}});
    if (!made.ok()) return complain(made.error()), false;
    show_plan(*made);
    return true;
  }

  // "What can you do?" is no goal; the built-in planner would ask four questions back.
  bool is_small_talk(const std::string& text) {
    if (!sounds_like_small_talk(text)) return false;
    auto read = call("ai.processInput", {{"text", text}});
    if (!read.ok()) return false;
    auto empty = [&](const char* name) {
      return !read->contains(name) || (*read)[name].empty() || (*read)[name] == "";
    };
    return empty("channels") && empty("audience") && empty("start") && empty("budget_amount");
  }

  // An answer of campaign.plan. What its card asks is not said twice.
  void show_plan(const Json& made) {
    bool edited = take_plan(made.value("plan_id", ""), made.value("status", ""), made.value("campaign_id", ""));
    if (!made.value("note", "").empty()) say("Note: " + made.value("note", "") + "\n");
    bool first = made.value("revision", int64_t{1}) == 1;
    if (first && status_ != "needs_input" && !made.value("reply", "").empty()) say(made.value("reply", "") + "\n");
    std::vector<std::string> changes = made.value("changes", std::vector<std::string>{});
    if (changes == std::vector<std::string>{"nothing changed"}) {
      say("I found nothing in that to change in the plan. Name the part and what it should be, for example: "
          "\"300 dollars\", \"start on Monday\", \"change the subject to ...\".");
      return say(next_text(status_));
    }
    show_card(edited ? changes : std::vector<std::string>{}, made.value("card", ""));
    if (!options_.yes) say(next_text(status_));
  }

  static void show_card(const std::vector<std::string>& changes, const std::string& card) {
    bool any = false;
    for (const auto& change : changes) {
      if (change.starts_with("audience list:")) continue;  // ids; the audience itself has its own line
      say("  changed  " + change);
      any = true;
    }
    if (any) say("");
    say(card);
  }

  // Was this plan complete before? Then what changed in it is worth a list.
  bool take_plan(const std::string& id, const std::string& status, const std::string& campaign) {
    bool was_ready = id == plan_id_ && status_ == "ready";
    if (id != plan_id_) started_ = false;
    plan_id_ = id;
    status_ = status;
    if (!campaign.empty() || !started_) campaign_id_ = campaign;
    return was_ready;
  }

  // ---- with a model ----

  agent::LoopParts parts() {
    return {*app_.language_model(), agent_tools(), app_.storage(), app_.clock(), system_ids()};
  }

  // Ours, and those of the configured MCP servers that a person has accepted.
  ToolRunner& agent_tools() {
    if (app_.config().mcp.servers.empty()) return app_.tools();
    if (!foreign_) {
      foreign_ = std::make_unique<ForeignTools>(app_.config().mcp, process_environment(), foreign_http_, app_.storage(),
                                                app_.clock());
      for (const auto& report : foreign_->connect()) {
        if (!report.problem.empty()) say("! MCP server " + report.server + ": " + report.problem);
      }
    }
    return foreign_->runner(app_.tools());
  }

  bool converse(const std::string& text) {
    auto person = app_.owner("chat");
    if (!conversation_) {
      auto begun = agent::start_run(parts(), person);
      if (!begun.ok()) return complain(begun.error()), false;
      conversation_ = std::move(*begun);
    }
    agent::LoopOptions options{.workspace_name = app_.config().workspace.name,
                               .zone = app_.config().workspace.time_zone,
                               .link_hosts = {host_of(app_.shop_url())}};
    auto turn = [&] {
      Waiting waiting("asking " + app_.language_model()->model());
      return interrupt_.during([&](std::stop_token stop) {
        options.stop = std::move(stop);
        return agent::say(parts(), options, person, *conversation_, text);
      });
    }();
    if (!turn.ok()) {
      if (conversation_->status != "idle") conversation_.reset();  // it could not be saved; the next line begins anew
      return complain(turn.error()), false;
    }
    return show_turn(*turn);
  }

  bool show_turn(const agent::TurnResult& turn) {
    using agent::StopReason;
    for (const auto& notice : turn.notices) say("Note: " + notice + "\n");
    if (!turn.reply.empty()) say(turn.reply + "\n");
    if (!turn.plan_card.empty()) {
      bool edited = take_plan(turn.plan_id, turn.plan_status, turn.campaign_id);
      show_card(edited ? turn.plan_changes : std::vector<std::string>{}, turn.plan_card);
    }
    show_questions(turn);
    bool fine = turn.stop == StopReason::kAnswered || turn.stop == StopReason::kAskedUser ||
                turn.stop == StopReason::kNeedsApproval;
    if (turn.stop == StopReason::kModelFailed && turn.plan_card.empty()) return plan_without_model(turn);
    if (!fine) say("! " + turn.stop_text);
    say("(" + turn.log_line + ")");
    if (turn.stop == StopReason::kModelFailed && turn.model_error) say(remedy_text(*turn.model_error));
    approval_id_ = turn.approval_tool == "campaign.execute" ? "" : turn.approval_id;
    if (!approval_id_.empty()) {
      show_approval();
    } else if (!turn.plan_card.empty() || (turn.stop == StopReason::kNeedsApproval && status_ == "ready")) {
      if (!options_.yes) say(next_text(status_));
    } else if (!fine && !options_.yes) {
      say("Say it in other words, or type `builtin`: then the built-in planner reads it, without the model.");
    }
    return fine || !turn.plan_card.empty();
  }

  static void show_questions(const agent::TurnResult& turn) {
    for (const auto& question : turn.questions) {
      if (turn.plan_card.find(question.text) != std::string::npos) continue;
      std::string choices;
      for (const auto& choice : question.choices) choices += (choices.empty() ? " (" : ", ") + choice;
      say("  ? " + question.text + choices + (choices.empty() ? "" : ")") +
          (question.suggestion.empty() ? "" : "  suggested: " + question.suggestion));
    }
  }

  // The model is down or speaks nonsense: the person learns why and what helps, and gets a plan all the same.
  bool plan_without_model(const agent::TurnResult& turn) {
    Error why = turn.model_error.value_or(Error{Code::kUnavailable, turn.stop_text});
    say("! The model gave no answer. " + why.message);
    say(remedy_text(why) + " Meanwhile the built-in planner takes your words:\n");
    return plan_by_rules(why);
  }

  bool plan_by_rules(const Error& why) {
    if (!conversation_ || conversation_->said.empty()) return say("Say first what you want to reach."), false;
    if (conversation_->said_planned == static_cast<int64_t>(conversation_->said.size()) && !plan_id_.empty())
      return say("The plan holds everything you have said. " + next_text(status_)), true;
    bool change = !plan_id_.empty() && !started_;
    std::string text = conversation_->said.back();
    app_.language_model()->rest(why);
    auto made = call("campaign.plan", change ? Json{{"plan_id", plan_id_}, {"change", text}} : Json{{"goal", text}});
    app_.language_model()->wake();
    if (!made.ok()) return complain(made.error()), false;
    if (auto kept = agent::adopt_plan(parts(), *conversation_, *made); !kept.ok()) conversation_.reset();
    made->erase("note");  // it would say once more that the model failed
    show_plan(*made);
    return true;
  }

  // Something beside the plan waits for the person: one call with exactly these arguments.
  void show_approval() {
    auto shown = call("approvals.get", {{"approval_id", approval_id_}});
    if (!shown.ok()) return complain(shown.error());
    say("This waits for you:\n" + shown->value("summary", "") + "\nType `approve` to allow exactly this, or say no.");
  }

  void approve_call() {
    std::string id = std::exchange(approval_id_, "");
    if (type_code(id, "To allow this once")) say("Approved. Tell the agent to go on; it may now do exactly this.");
  }

  // ---- approval and run ----

  // The approval of exactly this plan; made by asking to run it. Empty when it has one.
  std::optional<std::string> plan_approval() {
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

  Result<std::string> new_code(const std::string& id) {
    return app_.storage().write(storage::Scope::of(app_.workspace()), [&](storage::Tx& tx) {
      return services::issue_code(tx, app_.workspace(), id, app_.clock().now());
    });
  }

  bool decide(const std::string& id, const std::string& code, const std::string& via) {
    auto decided = call("approvals.decide", {{"approval_id", id}, {"decision", "approve"}, {"code", code}}, via);
    if (!decided.ok()) return complain(decided.error()), false;
    return true;
  }

  // Typing a code is what keeps one stray key from sending to everyone.
  bool type_code(const std::string& id, const std::string& what) {
    auto code = new_code(id);
    if (!code.ok()) return complain(code.error()), false;
    auto typed = ask(what + ", type the code " + *code + " (anything else leaves it): ");
    if (!typed || *typed != *code) return say("Not approved. Nothing was sent."), false;
    return decide(id, *typed, "chat");
  }

  std::string what_approval_does() {
    auto shown = call("campaign.plan", {{"plan_id", plan_id_}});
    const Json* messages = shown.ok() ? at_pointer((*shown)["plan"], "/estimates/messages") : nullptr;
    if (messages == nullptr || !messages->is_number()) return "To start this";
    return "To send this to " + std::to_string(messages->get<int64_t>()) + " people, which cannot be undone";
  }

  bool approve_and_start(bool ask_first) {
    if (started_) {
      std::string status = campaign_status();
      say(is_over(status) ? "This campaign is " + status + ". Say a new goal to plan another one."
                          : "It is already running. `status` shows where it is.");
      return false;
    }
    if (status_ != "ready") {
      std::string next = next_text(status_);
      say(plan_id_.empty() ? "There is no plan yet. Say what you want to reach."
                           : "This plan cannot be approved yet. " + next);
      return false;
    }
    auto id = plan_approval();
    if (!id) return false;
    if (!id->empty() && ask_first && !type_code(*id, what_approval_does())) return false;
    if (!id->empty() && !ask_first) {
      auto code = new_code(*id);
      if (!code.ok()) return complain(code.error()), false;
      if (!decide(*id, *code, "cli --yes")) return false;
      say("Approved by --yes, as the person who started this program.");
    }
    auto begun = call("campaign.execute", {{"campaign_id", campaign_id_}});
    if (!begun.ok()) return complain(begun.error()), false;
    std::string start = begun->value("start_at", "");
    say(std::string(ask_first ? "Approved. " : "") + "Campaign " + campaign_id_ + " is " + begun->value("status", "") +
        (start.empty() ? "." : "; sending starts " + moment_text(start) + "."));
    started_ = true;
    return true;
  }

  std::string campaign_status() {
    auto status = call("campaign.getStatus", {{"campaign_id", campaign_id_}});
    if (!status.ok()) return "?";
    last_ = *status;
    return (*status)["campaign"].value("status", "");
  }

  static bool is_over(const std::string& status) {
    return status == "completed" || status == "failed" || status == "cancelled";
  }

  // The figures of a day, once the clock has left it and before anything of the next day happened.
  void show_day(const std::string& today) {
    bool sent = last_["results"].value("sent", int64_t{0}) > 0;
    if (!day_.empty() && today != day_ && sent) say(progress_text(day_, last_["results"]));
    day_ = today;
  }

  // Virtual time: run to the report. Real time: the engine's threads go on by themselves.
  bool watch() {
    if (!app_.clock().is_virtual()) {
      say(app_.in_sandbox() ? "It runs in real time while this program is open. `status` shows where it is."
                            : "`spreaders serve` sends it, now or whenever it is started. `status` shows where it is.");
      return true;
    }
    say("Running in virtual time:");
    // Each look is a call with its audit row, so there are a few a day and not one a step.
    constexpr int64_t kLookEvery_us = 6 * kHour_us;
    Instant looked{};
    auto done = [&] {
      Instant now = app_.clock().now();
      std::string today = to_text(now).substr(0, 10);
      if (today == day_ && now - looked < kLookEvery_us) return false;
      looked = now;
      std::string status = campaign_status();
      show_day(today);
      return is_over(status);
    };
    auto driven = app_.drive(App::Asked::kGoesOn, done, {});
    campaign_status();
    show_day("");
    if (!driven.ok()) return complain(driven.error()), false;
    say_if_stopped();
    return true;
  }

  void say_if_stopped() {
    if (const Json* stopped = at_pointer(last_, "/stopped")) say(stopped_text(*stopped));
  }

  bool report() {
    if (campaign_id_.empty()) return say("There is no campaign yet. Say what you want to reach."), false;
    if (campaign_status() == "draft")
      return say("Nothing is sent yet, so there are no figures. `approve` starts the campaign."), false;
    auto summary = call("ai.summarizeCampaign", {{"campaign_id", campaign_id_}});
    if (!summary.ok()) return complain(summary.error()), false;
    auto shown = call("campaign.plan", {{"plan_id", plan_id_}});
    const Json* goals = shown.ok() ? at_pointer((*shown)["plan"], "/brief/kpis") : nullptr;
    std::string where;
    if (app_.in_sandbox())
      where = "Sandbox: simulated readers (seed " + std::to_string(app_.config().sandbox.seed) + "), " +
              (app_.clock().is_virtual() ? "virtual clock, " : "") + "nothing left this machine.";
    say("\n" + report_text(*summary, goals == nullptr ? Json::array() : *goals, where));
    return true;
  }

  int finish_without_questions() {
    if (status_ != "ready") {
      std::string why = plan_id_.empty()           ? "there is no plan"
                        : status_ == "needs_input" ? "the plan lacks what is listed above"
                                                   : "the plan is " + status_;
      say("Nothing was started: " + why + ". Say more in --goal, or leave out --yes and talk it over here.");
      return 2;
    }
    if (!approve_and_start(false) || !watch()) return 1;
    if (!app_.clock().is_virtual()) return 0;
    if (!report()) return 1;
    return campaign_status() == "completed" ? 0 : 1;
  }

  // The text as one reader gets it.
  void show_mail() {
    auto shown = call("campaign.plan", {{"plan_id", plan_id_}});
    const Json* asset = shown.ok() ? at_pointer((*shown)["plan"], "/content_briefs/0/assets/0") : nullptr;
    if (asset == nullptr) return say("There is no mail yet. It is written as soon as the plan has all it needs.");
    std::string reference = asset->get<std::string>();
    size_t at = reference.find('@');
    auto made = app_.storage().read(storage::Scope::of(app_.workspace()), [&](storage::Tx& tx) {
      return services::get_template(tx, app_.workspace(), reference.substr(0, at),
                                    std::stoll(reference.substr(at + 1)));
    });
    if (!made.ok()) return complain(made.error());
    Json reader = {{"first_name", "Alex"}, {"email", "alex@example.com"}};
    auto rendered = [&](const std::string& source) {
      auto compiled = liquid::compile(source);
      if (!compiled.ok()) return source;
      Json context = {{"contact", reader}, {"user", reader}};
      return liquid::render(*compiled, context, {.now = app_.clock().now()}).value_or(source);
    };
    const auto& content = made->content;
    say("Subject:   " + rendered(content.subject));
    if (!content.preheader.empty()) say("Preview:   " + rendered(content.preheader));
    say("\n" + (content.text.empty() ? templates::text_from_html(rendered(content.html)) : rendered(content.text)));
    say("(For a reader called Alex. Your address and the unsubscribe link are added at the end" +
        std::string(app_.in_sandbox() ? "; sent mails are in the mailbox with their layout.)" : ".)"));
  }

  // `word` is pause, resume or cancel.
  void change_run(const std::string& word) {
    if (campaign_id_.empty() || !started_) return say("Nothing is running. `approve` starts a plan.");
    if (std::string status = campaign_status(); is_over(status))
      return say("The campaign is " + status + "; there is nothing to " + word + ".");
    auto done = call("campaign." + word, {{"campaign_id", campaign_id_}});
    if (!done.ok()) return complain(done.error());
    say("The campaign is " + done->value("status", "") + ".");
  }

  void show_status() {
    if (campaign_id_.empty()) return say("There is no campaign yet. Say what you want to reach.");
    std::string status = campaign_status();
    say("The campaign is " + status + ".");
    if (status != "draft" && last_.contains("results"))
      say(progress_text(to_text(app_.clock().now()).substr(0, 10), last_["results"]));
    say_if_stopped();
  }

  void begin_anew() {
    plan_id_.clear(), campaign_id_.clear(), status_.clear(), approval_id_.clear();
    started_ = false;
    conversation_.reset();
    say("What do you want to reach?");
  }

  void approve() {
    if (!approval_id_.empty()) return approve_call();
    if (approve_and_start(true) && watch() && app_.clock().is_virtual()) report();
  }

  // One line of the user; false ends the conversation. Commands never reach a model.
  bool answer(const std::string& text) {
    std::string word = lower_ascii(text);
    if (word == "quit" || word == "exit" || word == "bye") return false;
    bool model = app_.language_model() != nullptr;
    if (auto meant = meant_command(word); !meant.empty() && (model || meant != "builtin"))
      say("Did you mean `" + std::string(meant) + "`? Nothing was done.");
    else if (word == "help" || word == "?") say(help_text(model));
    else if (word == "approve" || (!model && (word == "yes" || word == "go"))) approve();
    else if (word == "show") show_mail();
    else if (word == "status") show_status();
    else if (word == "report") report();
    else if (word == "pause" || word == "resume" || word == "cancel") change_run(word);
    else if (word == "new") begin_anew();
    else if (word == "import")
      say("Name the file: `import people.csv` (the first line names the columns, one is email).");
    else if (word.starts_with("import ") && word.ends_with(".csv")) import_contacts(std::string(trim(text.substr(7))));
    else if (word == "builtin" && model) plan_by_rules(Error{Code::kUnavailable, "the model was left out, as asked"});
    else understand(text);
    return true;
  }

  int talk() {
    if (plan_id_.empty()) say("What do you want to reach? For example:\n  " + std::string(kExampleGoal));
    for (;;) {
      auto text = ask("> ");
      if (!text) return say(""), 0;
      if (text->empty()) continue;
      if (!is_utf8(*text)) say("! That line is not valid UTF-8; nothing was done with it.");
      else if (count_code_points(*text) > kLineMax)
        say("! That is longer than " + std::to_string(kLineMax) + " characters; say it shorter.");
      else if (!answer(*text)) return 0;
    }
  }

  App& app_;
  ChatOptions options_;
  std::string plan_id_, campaign_id_, status_, day_;
  CurlClient foreign_http_;
  std::unique_ptr<ForeignTools> foreign_;
  std::string approval_id_;  // of a call beside the plan that the agent wants to make
  std::optional<agent::RunState> conversation_;
  Interrupt interrupt_;
  bool started_ = false;
  Json last_ = Json::object();
};

}  // namespace

int run_chat(App& app, const ChatOptions& options) { return Chat(app, options).run(); }

}  // namespace spreaders::app
