// tools/call, prompts/get and resources/read: the methods that run somebody else's code and may ask the client for
// input on the way.
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/log.hpp"
#include "core/trace.hpp"
#include "mcp-server/protocol/call.hpp"
#include "mcp-server/protocol/sealed.hpp"

namespace spreaders::mcp {

const std::string* Call::text_param(std::string_view name) const {
  auto found = message.params.find(name);
  return found != message.params.end() && found->is_string() ? &found->get_ref<const std::string&>() : nullptr;
}

void Call::complete(Json result) {
  if (modern()) {
    if (!result.contains("resultType")) {
      Json typed{{"resultType", "complete"}};
      typed.update(result);
      result = std::move(typed);
    }
    auto& meta = result["_meta"];
    if (!meta.contains(kMetaServerInfo)) meta[std::string(kMetaServerInfo)] = server.server_info();
  }
  complete_text(to_text(result));
}

void Call::complete_text(std::string_view text) {
  leave();
  outlet->finish(jsonrpc::result_text(*message.id, text), 200);
}

void Call::fail(const RpcError& error) {
  leave();
  auto text = jsonrpc::error_text(message.id, error);
  if (error.scopes.empty()) return outlet->finish(std::move(text), error.http_status);
  outlet->finish_lacking(std::move(text), error.scopes);
}

void Call::leave() {
  progress.end();
  if (registered) info.peer->end(*message.id);
  registered = false;
}

namespace {

std::string_view meta_text(const Message& message, std::string_view key) {
  auto meta = message.params.find("_meta");
  if (meta == message.params.end() || !meta->is_object()) return {};
  auto found = meta->find(key);
  return found != meta->end() && found->is_string() ? std::string_view(found->get_ref<const std::string&>())
                                                    : std::string_view();
}

// What the request asks for, without what changes from round to round.
std::string request_digest(const Message& message) {
  Json params = message.params;
  for (const char* key : {"_meta", "inputResponses", "requestState"}) params.erase(key);
  return json_hash({{"method", message.method}, {"params", std::move(params)}});
}

std::string_view capability_of(std::string_view method) {
  if (method == "elicitation/create") return "elicitation";
  if (method == "sampling/createMessage") return "sampling";
  return "roots";
}

bool may_ask(const ClientState& client, const InputRequest& request) {
  if (request.method == "elicitation/create") {
    auto mode = request.params.find("mode");
    bool url = mode != request.params.end() && *mode == "url";
    return url ? client.has("elicitation") && client.capabilities["elicitation"].contains("url")
               : client.can_fill_forms();
  }
  return client.has(capability_of(request.method));
}

RpcError missing_capability(const InputRequest& request) {
  return {.code = kMissingCapability,
          .message = "The client lacks a capability that this needs: " + std::string(capability_of(request.method)),
          .data = {{"requiredCapabilities", {{std::string(capability_of(request.method)), Json::object()}}}},
          .http_status = 400};
}

}  // namespace

RpcError provider_threw(const Call& call, const std::exception& problem) {
  log_error("a provider threw", {{"method", call.message.method}, {"what", problem.what()}});
  return RpcError{.code = jsonrpc::kInternalError, .message = "Internal error"};
}

CallContext context_of(Call& call, const Json* responses, std::string state) {
  CallContext context{.principal = call.info.principal,
                      .client = call.info.client,
                      .stop = call.info.stop.get_token(),
                      .responses = responses,
                      .state = std::move(state),
                      .in_task = false,
                      .trace_id = call.info.trace_id,
                      .idempotency_key = std::string(meta_text(call.message, kMetaIdempotencyKey)),
                      .selection = call.info.selection,
                      .progress = {},
                      .log = {},
                      .detach = {}};
  // Providers call these only while they run, and the call is alive then.
  context.progress = [&call](double done, double total, std::string_view text) {
    call.progress.say(done, total, text);
  };
  context.log = [&call](Severity severity, std::string_view logger, Json data) {
    auto wanted = call.info.client.log_level;
    if (!wanted || severity < *wanted) return;
    Json params{{"level", severity_name(severity)}, {"logger", logger}, {"data", std::move(data)}};
    call.outlet->send(to_text(jsonrpc::notification("notifications/message", std::move(params))));
  };
  context.detach = [&call](int64_t retry_ms) { call.outlet->detach(retry_ms); };
  return context;
}

void McpServer::Impl::tools_call(const CallPtr& call) {
  const auto* name = call->text_param("name");
  if (name == nullptr) return call->fail(invalid_params("params.name must be the name of a tool"));
  auto arguments = call->message.params.find("arguments");
  if (arguments != call->message.params.end() && !arguments->is_object()) {
    return call->fail(invalid_params("params.arguments must be an object"));
  }
  if (tools == nullptr || !tools->has(*name)) return call->fail(invalid_params("Unknown tool: " + *name));
  start_rounds(call);
}

void McpServer::Impl::prompts_get(const CallPtr& call) {
  if (call->text_param("name") == nullptr || options.prompts == nullptr) {
    return call->fail(invalid_params("params.name must be the name of a prompt"));
  }
  start_rounds(call);
}

void McpServer::Impl::resources_read(const CallPtr& call) {
  const auto* uri = call->text_param("uri");
  if (uri == nullptr) return call->fail(invalid_params("params.uri must be the URI of a resource"));
  if (options.resources == nullptr) return call->fail(resource_not_found(*uri));
  start_rounds(call);
}

// Reads trace, progress token, answers and state of the request, then runs the first round.
void McpServer::Impl::start_rounds(const CallPtr& call) {
  // What stands in the message is nearer to the call than the header of the request that carried it.
  if (auto trace = trace_id_of_traceparent(meta_text(call->message, "traceparent"))) call->info.trace_id = *trace;
  if (call->info.trace_id.empty()) call->info.trace_id = options.new_trace_id();
  const auto& params = call->message.params;
  if (auto meta = params.find("_meta"); meta != params.end() && meta->is_object()) {
    auto token = meta->find("progressToken");
    if (token != meta->end() && (token->is_string() || token->is_number_integer())) {
      call->progress.start(*token, call->outlet);
      // The pointer shares the call's life, and lets go of it with the last other holder.
      if (progress) progress->add(std::shared_ptr<CallProgress>(call, &call->progress));
    }
  }
  std::string state;
  const Json* responses = nullptr;
  if (call->modern()) {
    if (auto sealed = params.find("requestState"); sealed != params.end()) {
      StateBinding binding{principal_key(call->info.principal), request_digest(call->message)};
      auto opened = sealed->is_string() ? unseal_state(options.signing_key, sealed->get_ref<const std::string&>(),
                                                       binding, options.clock->now())
                                        : std::nullopt;
      if (!opened)
        return call->fail(
            invalid_params("params.requestState is not one that this server gave for this request, or it has expired"));
      state = std::move(*opened);
    }
    if (auto given = params.find("inputResponses"); given != params.end()) {
      if (!given->is_object()) return call->fail(invalid_params("params.inputResponses must be an object"));
      for (const auto& [key, value] : given->items()) {
        if (!value.is_object())
          return call->fail(invalid_params("params.inputResponses[\"" + key + "\"] must be a result object"));
      }
      responses = &*given;
    }
  }
  run_round(call, responses, std::move(state));
}

void McpServer::Impl::run_round(const CallPtr& call, const Json* responses, std::string state) {
  CallContext context = context_of(*call, responses, std::move(state));
  Answer answer = invoke(*call, context);
  if (auto* task = std::get_if<StartTask>(&answer)) {
    bool able = call->modern() && tasks && has_tasks(call->info.client);
    if (able && !context.in_task) return start_task(call, responses, context.state);
    if (task->required || context.in_task) return call->fail(tasks_required());
    context.in_task = true;
    answer = invoke(*call, context);
    return answered(call, std::move(answer));
  }
  answered(call, std::move(answer));
}

void McpServer::Impl::answered(const CallPtr& call, Answer answer) {
  // A cancelled request gets no answer; a client that hung up cannot read one.
  if (call->info.stop.stop_requested()) {
    call->leave();
    return;
  }
  if (auto* error = std::get_if<RpcError>(&answer)) return call->fail(for_client(*call, std::move(*error)));
  if (auto* result = std::get_if<Json>(&answer)) {
    if (call->modern() && call->message.method == "resources/read") {
      if (!result->contains("ttlMs")) (*result)["ttlMs"] = options.read_ttl_ms;
      if (!result->contains("cacheScope"))
        (*result)["cacheScope"] = options.resources->same_for_all() ? "public" : "private";
    }
    return call->complete(std::move(*result));
  }
  if (std::holds_alternative<StartTask>(answer)) return call->fail(tasks_required());
  auto& asked = std::get<InputRequired>(answer);
  call->modern() ? ask_in_result(*call, std::move(asked)) : ask_on_stream(call, std::move(asked));
}

Answer McpServer::Impl::invoke(Call& call, const CallContext& context) {
  static const Json kNone = Json::object();
  const auto& params = call.message.params;
  auto arguments = params.find("arguments");
  const Json& given = arguments != params.end() && arguments->is_object() ? *arguments : kNone;
  try {
    if (call.message.method == "tools/call") return tools->call(*call.text_param("name"), given, context);
    if (call.message.method == "prompts/get") return options.prompts->get(*call.text_param("name"), given, context);
    return options.resources->read(*call.text_param("uri"), context);
  } catch (const std::exception& problem) {
    return provider_threw(call, problem);
  }
}

// The task keeps the call's message and client; its outlet is answered with the handle and let go.
void McpServer::Impl::start_task(const CallPtr& call, const Json* responses, std::string state) {
  RequestInfo info = call->info;
  info.peer = nullptr;
  info.stop = std::stop_source(std::nostopstate);
  auto quiet = std::make_shared<Call>(*this, call->message, std::move(info), nullptr);
  TaskWork work = [this, quiet](const Json* given, const std::string& kept, std::stop_token stop) {
    CallContext context{.principal = quiet->info.principal,
                        .client = quiet->info.client,
                        .stop = std::move(stop),
                        .responses = given,
                        .state = kept,
                        .in_task = true,
                        .trace_id = quiet->info.trace_id,
                        .idempotency_key = std::string(meta_text(quiet->message, kMetaIdempotencyKey)),
                        .selection = quiet->info.selection,
                        .progress = [](double, double, std::string_view) {},
                        .log = [](Severity, std::string_view, const Json&) {},
                        .detach = [](int64_t) {}};
    return invoke(*quiet, context);
  };
  answered(call, tasks->start(
                     principal_key(call->info.principal), std::move(work),
                     [client = call->info.client](const InputRequest& request) { return may_ask(client, request); },
                     responses, std::move(state)));
}

void McpServer::Impl::task_method(const CallPtr& call) {
  if (!has_tasks(call->info.client)) return call->fail(tasks_required());
  std::string principal = principal_key(call->info.principal);
  const auto& method = call->message.method;
  const auto& params = call->message.params;
  answered(call, method == "tasks/get"      ? tasks->get(principal, params)
                 : method == "tasks/update" ? tasks->update(principal, params)
                                            : tasks->cancel(principal, params));
}

void McpServer::Impl::ask_in_result(Call& call, InputRequired asked) {
  Json requests = Json::object();
  for (auto& request : asked.requests) {
    if (!may_ask(call.info.client, request)) continue;
    requests[request.key] = {{"method", request.method}, {"params", std::move(request.params)}};
  }
  if (requests.empty() && !asked.requests.empty()) return call.fail(missing_capability(asked.requests.front()));
  Json result{{"resultType", "input_required"}};
  if (!requests.empty()) result["inputRequests"] = std::move(requests);
  if (!asked.state.empty() || asked.requests.empty()) {
    StateBinding binding{principal_key(call.info.principal), request_digest(call.message)};
    result["requestState"] =
        seal_state(options.signing_key, asked.state, binding, options.clock->now() + options.state_ttl_ms * 1000);
  }
  call.complete(std::move(result));
}

// Legacy: the questions travel as requests on the stream of the call, which stays open meanwhile.
void McpServer::Impl::ask_on_stream(const CallPtr& call, InputRequired asked) {
  auto refuse = [&](std::string why) {
    if (call->message.method == "tools/call") return call->complete(text_result(std::move(why), true));
    call->fail({.code = jsonrpc::kInternalError, .message = std::move(why)});
  };
  auto round = std::make_shared<Round>();  // shared by the peer's table, once for each question
  round->responses = Json::object();
  std::vector<InputRequest> allowed;
  for (auto& request : asked.requests) {
    if (may_ask(call->info.client, request)) allowed.push_back(std::move(request));
  }
  if (allowed.empty() || !call->info.peer || !call->outlet->can_stream()) {
    return refuse("This needs input from the client (" +
                  std::string(asked.requests.empty() ? "nothing" : capability_of(asked.requests.front().method)) +
                  "), which it cannot give");
  }
  round->missing = allowed.size();
  round->done = [this, call, state = std::move(asked.state)](Json responses, Json failure) {
    if (!failure.is_null()) {
      auto message = failure.is_object() && failure.contains("message") && failure["message"].is_string()
                         ? failure["message"].get<std::string>()
                         : std::string("no reason given");
      if (call->message.method == "tools/call") {
        return call->complete(text_result("The client refused to give input: " + message, true));
      }
      return call->fail({.code = jsonrpc::kInternalError, .message = "The client refused to give input: " + message});
    }
    run_round(call, &responses, state);
  };
  std::vector<std::string> questions;
  for (auto& request : allowed) {
    auto id = call->info.peer->ask(round, request.key);
    if (!id) return refuse("Too many questions to the client are waiting for an answer");
    questions.push_back(to_text(jsonrpc::request(*id, request.method, std::move(request.params))));
  }
  for (const auto& question : questions) call->outlet->send(question);
}

}  // namespace spreaders::mcp
