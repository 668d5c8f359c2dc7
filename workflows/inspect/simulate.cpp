// The virtual counterpart of the engine: what the executor does with each decision of step(), kept in memory.
#include "workflows/inspect/simulate.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "workflows/engine_parts.hpp"

namespace spreaders::workflows::inspect {

namespace {

constexpr int64_t kLookEvery = 1024;  // steps between looks at the clock

// A counter for few different short texts.
class Tally {
 public:
  void add(std::string_view name, int64_t count = 1) {
    for (auto& [known, sum] : counts_) {
      if (known == name) {
        sum += count;
        return;
      }
    }
    counts_.emplace_back(name, count);
  }
  [[nodiscard]] std::map<std::string, int64_t> map() const { return {counts_.begin(), counts_.end()}; }

 private:
  std::vector<std::pair<std::string, int64_t>> counts_;
};

struct Flow;

struct NodeTally {
  const PreparedNode* ready = nullptr;
  std::string name;             // "outer/inner" within another one
  std::unique_ptr<Flow> inner;  // sub_workflow
  int64_t entered = 0, waiting = 0;
  Tally outcomes, variants;
  std::vector<int64_t> by_day;
};

// A definition and what has happened in it.
struct Flow {
  const Prepared* prepared = nullptr;
  std::map<std::string, NodeTally, std::less<>> tallies = {};
};

Flow flow_of(const Prepared& prepared, const std::string& prefix) {
  Flow flow{.prepared = &prepared};
  for (const auto& [id, ready] : prepared.nodes) {
    NodeTally& tally = flow.tallies[id];
    tally.ready = &ready;
    tally.name = prefix + id;
    if (ready.inner) tally.inner = std::make_unique<Flow>(flow_of(*ready.inner, tally.name + "/"));
  }
  return flow;
}

template <class Visit>
void for_each_node(const Flow& flow, Visit&& visit) {
  for (const auto& [id, tally] : flow.tallies) visit(tally);
  for (const auto& [id, tally] : flow.tallies) {
    if (tally.inner) for_each_node(*tally.inner, visit);
  }
}

struct DayTally {
  int64_t started = 0, ended = 0;
  Tally messages;
};

struct Place {
  Token token;
  NodeTally* at = nullptr;
  uint64_t order = 0;
  bool event_comes = false;
  std::optional<Seen::Child> child = {};  // of the run it has started
  std::string decision = {};              // of the question it has asked
};

// The next one is the last: earliest first, then as they were made.
bool is_later(const Place& a, const Place& b) {
  return a.token.due != b.token.due ? a.token.due > b.token.due : a.order > b.order;
}

Json object_of(const std::string& text) {
  auto json = parse_json(text);
  return json.ok() && json->is_object() ? *json : Json::object();
}

// A run of somebody, or one within it.
struct Passage {
  Flow& flow;
  Instant entered;
  Instant stop = {};  // nothing happens in it from then on
  std::vector<Place> places = {};
  Json results = Json::object();
  std::map<std::string, int64_t> joins = {};
  std::string status = {}, reason = {};  // once it has ended
  int64_t lines = 0;                     // its log would have
  Instant last = {};
};

class Simulator {
 public:
  Simulator(const Prepared& prepared, const SimulateOptions& options)
      : prepared_(prepared),
        options_(options),
        until_(options.from + options.horizon_us),
        whole_(flow_of(prepared, "")) {
    midnight_us_ = options.from.us - ((options.from.us % kDay_us) + kDay_us) % kDay_us;
    busy_ = Error{Code::kUnavailable, "assumed to be busy"};
    rejected_ = Error{Code::kVendorRejected, "assumed to fail"};
    no_contact_ = not_found("the run is about no contact, for it mails an audience");
    for (const auto& key : prepared.rule_keys) rules_.push_back(&seen_.people.emplace(key, false).first->second);
    for_each_node(whole_, [&](const NodeTally& tally) {
      for (const auto& key : tally.ready->drawn) seen_.people.emplace(key, false);
    });
  }

  Result<Simulated> run(const NextPeople& next) {
    const int64_t begin_ms = monotonic_ms();
    deadline_ms_ = begin_ms + options_.time_limit_ms;
    while (cut_.empty()) {
      auto people = TRY(next());
      if (people.empty()) break;
      for (const auto& person : people) {
        if (people_ >= options_.people_max) cut_ = "the limit of people was reached";
        if (!cut_.empty()) break;
        TRY(pass(person));
        ++people_;
      }
    }
    return result(monotonic_ms() - begin_ms);
  }

 private:
  // One person from the start to the end or the horizon.
  Result<void> pass(const Person& person) {
    rng_ = Rng(static_cast<uint64_t>(options_.seed) * 0x9E3779B97F4A7C15ULL + static_cast<uint64_t>(people_));
    person_ = &person;
    made_ = 0;
    person_steps_ = 0;
    Instant entered = options_.from;
    if (options_.enter_within_us > 0 && options_.people_of > 0)
      entered = entered + static_cast<int64_t>(static_cast<double>(options_.enter_within_us) *
                                               static_cast<double>(people_) / static_cast<double>(options_.people_of));
    if (entered >= until_) return {};
    seen_.run = {{"id", "run_simulated"}, {"subject", person.id}, {"key", "simulated"}, {"campaign", ""}};
    seen_.zone = person.zone;
    for (size_t i = 0; i < rules_.size() && i < person.rules.size(); ++i) *rules_[i] = person.rules[i] != 0;
    begin_sample();
    ++day(entered).started;
    Passage passage{whole_, entered};
    TRY(go(passage, until_));
    std::string ended = passage.status + (passage.reason.empty() ? "" : ": " + passage.reason);
    if (ended.empty()) ended = "still under way";
    else ++day(passage.last).ended;
    if (!ends_.contains(ended) && ends_.size() >= kReasonsMax) ended = "other reasons";
    ++ends_[ended];
    end_sample(ended);
    return {};
  }

  // From its start to its end, or until nothing happens any more.
  Result<void> go(Passage& passage, Instant stop) {
    Passage* around = std::exchange(passage_, &passage);
    passage.last = passage.entered;
    add({}, passage.flow.prepared->definition.start, passage.entered, "{}");
    const Instant goal_at = goal(*passage.flow.prepared, passage.entered);
    passage.stop = std::min(stop, goal_at);
    auto& places = passage.places;
    Result<void> gone;
    while (gone.ok() && passage.status.empty() && !places.empty() && cut_.empty()) {
      if (places.front().token.due >= stop || places.front().token.due > goal_at) break;
      std::pop_heap(places.begin(), places.end(), is_later);
      Place place = std::move(places.back());
      places.pop_back();
      passage.last = place.token.due;
      gone = take(place);
    }
    if (passage.status.empty() && places.empty()) passage.status = "completed";
    if (passage.status.empty() && goal_at < stop) {
      passage.last = goal_at;
      end("completed", "goal");
    }
    if (passage.status.empty() && stop == until_) {
      for (auto& place : places) ++place.at->waiting;
    }
    passage_ = around;
    return gone;
  }

  void end(std::string status, std::string reason) {
    passage_->status = std::move(status);
    passage_->reason = std::move(reason);
  }

  Instant goal(const Prepared& prepared, Instant entered) {
    constexpr Instant never{INT64_MAX};
    if (!prepared.definition.goal || rng_.unit() >= prepared.goal.probability) return never;
    return entered + after(prepared.goal.spread, prepared.goal_delay_us);
  }

  int64_t after(Spread spread, int64_t delay_us) {
    if (spread == Spread::kFixed) return delay_us;
    return static_cast<int64_t>(-std::log(1.0 - rng_.unit()) * static_cast<double>(delay_us));
  }

  void add(std::string id, const std::string& node, Instant due, std::string data) {
    Place place;
    place.token.id = std::move(id);
    place.token.due = due;
    place.token.data = std::move(data);
    move(place, node);
    push(std::move(place));
  }

  void push(Place place) {
    place.order = ++made_;
    passage_->places.push_back(std::move(place));
    std::push_heap(passage_->places.begin(), passage_->places.end(), is_later);
  }

  void move(Place& place, const std::string& node) {
    place.at = &passage_->flow.tallies.find(node)->second;
    place.token.node_id = node;
    place.token.attempt = place.token.visit = 0;
    place.event_comes = false;
    place.child.reset();
    place.decision.clear();
    ++place.at->entered;
    auto number = day_number(place.token.due);
    if (place.at->by_day.size() <= number) place.at->by_day.resize(number + 1);
    ++place.at->by_day[number];
  }

  Result<void> take(Place& place) {
    if (++steps_ % kLookEvery == 0) look_at_limits();
    if (++person_steps_ > kRunStepsMax) {
      end("given up", "more than " + std::to_string(kRunStepsMax) + " steps");
      return {};
    }
    const PreparedNode& ready = *place.at->ready;
    const Instant now = place.token.due;
    look(place, ready, now);
    const Definition& definition = passage_->flow.prepared->definition;
    Step decided = step(definition, place.token, passage_->results, now, seen_);
    end_in_time(decided, definition.limits, passage_->entered);
    seen_.event.reset();
    switch (decided.kind) {
      case Step::Kind::kCall:
      case Step::Kind::kAct:
        return call(place, ready, now);
      case Step::Kind::kStart:
        return start_inner(place, ready, decided, now);
      case Step::Kind::kAsk:
        return ask(place, ready, decided, now);
      case Step::Kind::kForEach:
        return for_each(place, ready, now);
      case Step::Kind::kArrive:
        return arrive(place, *ready.node, now);
      case Step::Kind::kSubscribe:
        return subscribe(place, ready, decided, now);
      case Step::Kind::kMove:
      case Step::Kind::kWait:
      case Step::Kind::kExit:
      case Step::Kind::kFail:
        break;
      default:
        return internal("the simulator does not know what the node '" + place.token.node_id + "' decided");
    }
    if (decided.result && ready.node->type == NodeType::kSplit)
      place.at->variants.add((*decided.result)["variant"].get_ref<const std::string&>());
    if (decided.result && ready.keeps_result) passage_->results[place.token.node_id] = *decided.result;
    return apply(place, decided, now);
  }

  void look_at_limits() {
    if (steps_ >= options_.steps_max) cut_ = "the limit of steps was reached";
    else if (monotonic_ms() > deadline_ms_) cut_ = "the time limit was reached";
    else if (options_.stop.stop_requested()) cut_ = "it was cancelled";
  }

  // What the executor looks up for a node.
  void look(Place& place, const PreparedNode& ready, Instant now) {
    for (const auto& key : ready.drawn) seen_.people[key] = rng_.unit() < ready.drawn_rate;
    if (ready.attribute >= 0) {
      auto number = static_cast<size_t>(ready.attribute);
      seen_.attribute = number < person_->attributes.size() ? person_->attributes[number] : "";
    }
    seen_.steps = passage_->lines;
    seen_.age_us = now - passage_->entered;
    seen_.child = place.child;
    seen_.decision = place.decision;
    if (!place.event_comes) return;
    seen_.event = ready.event_result;
    (*seen_.event)["at"] = to_text(now);
  }

  void log(Place& place, std::string_view kind, Instant now, std::string_view detail = {}) {
    place.at->outcomes.add(kind);
    ++passage_->lines;
    if (sample_ == nullptr || sample_->lines.size() >= kSampleLinesMax) return;
    sample_->lines.push_back({now, place.at->name, std::string(kind), std::string(detail)});
  }

  Result<void> call(Place& place, const PreparedNode& ready, Instant now) {
    const Result<Json>* answer = ready.answer.get();
    Result<Json> refused = Json();
    if (ready.node->type != NodeType::kAction && prepared_.mails_audiences) answer = &no_contact_;
    if (ready.resolves_args) {
      auto args = resolve_references(*ready.arguments, passage_->results, seen_.run);
      if (!args.ok()) {
        refused = args.error();
        answer = &refused;
      }
    }
    double luck = ready.assumed.busy_rate + ready.assumed.fail_rate > 0 ? rng_.unit() : 1;
    if (answer->ok() && luck < ready.assumed.busy_rate) answer = &busy_;
    else if (answer->ok() && luck < ready.assumed.busy_rate + ready.assumed.fail_rate) answer = &rejected_;
    if (answer->ok() && ready.keeps_result) passage_->results[place.token.node_id] = **answer;
    if (answer->ok() && ready.sending >= 0) message(ready, now);
    return apply(place, after_call(passage_->flow.prepared->definition, place.token, *answer, now, rng_), now);
  }

  void message(const PreparedNode& ready, Instant now) {
    auto number = static_cast<size_t>(ready.sending);
    const std::string& channel = prepared_.sendings[number].channel;
    if (number < person_->refusals.size() && !person_->refusals[number].empty())
      return refused_.add(channel + ": " + person_->refusals[number]);
    send(channel, 1, now);
  }

  void send(const std::string& channel, int64_t count, Instant now) {
    messages_.add(channel, count);
    day(now).messages.add(channel, count);
  }

  // As engine_for_each.cpp: full pages, the last one, and what was sent.
  Result<void> for_each(Place& place, const PreparedNode& ready, Instant now) {
    const Mailing& mailing = ready.mailing;
    for (int64_t page = 0; page < mailing.recipients / ready.node->batch; ++page) log(place, "page", now);
    log(place, "last_page", now, std::to_string(mailing.recipients) + " recipients");
    const std::string& channel = ready.node->channel;
    int64_t left = mailing.recipients;
    for (const auto& [reason, count] : mailing.refused) {
      refused_.add(channel + ": " + reason, count);
      left -= count;
    }
    int64_t failed = 0;
    for (int64_t i = 0; ready.assumed.fail_rate > 0 && i < left; ++i)
      failed += rng_.unit() < ready.assumed.fail_rate ? 1 : 0;
    if (failed > 0) refused_.add(channel + ": assumed to fail", failed);
    if (left > failed) send(channel, left - failed, now);
    Json data = object_of(place.token.data);
    data["phase"] = "drained";
    place.token.data = to_text(data);
    push(std::move(place));
    return {};
  }

  Result<void> subscribe(Place& place, const PreparedNode& ready, const Step& decided, Instant now) {
    log(place, decided.log_kind, now);
    place.token.due = decided.due;
    place.token.data = decided.data;
    place.token.visit += 1;
    place.token.attempt = 0;
    if (rng_.unit() < ready.event.probability) {
      Instant comes = now + after(ready.event.spread, ready.event_delay_us);
      place.event_comes = comes < decided.due;
      if (place.event_comes) place.token.due = comes;
    }
    push(std::move(place));
    return {};
  }

  // As Engine::start_child(), and all that comes of it at once: nothing within depends on the run around it but when
  // that stops waiting.
  Result<void> start_inner(Place& place, const PreparedNode& ready, const Step& decided, Instant now) {
    const Json begun = {{"run_id", "run_simulated"}};
    const bool timed = decided.due.us != 0;
    Instant stop = !ready.node->waits ? until_ : timed ? std::min(passage_->stop, decided.due) : passage_->stop;
    if (ready.node->waits) log(place, decided.log_kind, now);
    Passage inner{*place.at->inner, now};
    TRY(go(inner, stop));
    if (!ready.node->waits) {
      if (ready.keeps_result) passage_->results[place.token.node_id] = begun;
      return apply(place, {.kind = Step::Kind::kMove, .next = ready.node->next, .log_kind = decided.log_kind}, now);
    }
    bool over = !inner.status.empty();
    place.child = Seen::Child{begun["run_id"], over ? inner.status : "active", inner.reason};
    stand(place, over ? inner.last : timed ? decided.due : until_, decided.due);
    return {};
  }

  // As Engine::ask(), and the answer that is assumed.
  Result<void> ask(Place& place, const PreparedNode& ready, const Step& decided, Instant now) {
    log(place, decided.log_kind, now);
    Instant answered = now + ready.answer_delay_us;
    bool in_time = answered < decided.due;
    place.decision = !in_time ? "expired" : rng_.unit() < ready.answer_rate ? "approved" : "rejected";
    stand(place, in_time ? answered : decided.due, decided.due);
    return {};
  }

  // Looked at again at `due`, as Engine's park().
  void stand(Place& place, Instant due, Instant until) {
    Json data = object_of(place.token.data);
    data["until"] = until.us;
    place.token.data = to_text(data);
    place.token.due = due;
    place.token.visit += 1;
    place.token.attempt = 0;
    push(std::move(place));
  }

  // As Engine::arrive().
  Result<void> arrive(Place& place, const Node& node, Instant now) {
    Json data = object_of(place.token.data);
    Json groups = data.value("groups", Json::array());
    if (groups.empty()) return apply(place, {.kind = Step::Kind::kMove, .next = node.next, .log_kind = "joined"}, now);
    const Json group = groups.back();
    int64_t size = group.value("size", int64_t{1});
    int64_t needed = node.join_count == 0 ? size : std::min<int64_t>(node.join_count, size);
    int64_t& arrived = passage_->joins[group.value("id", "")];
    log(place, "arrived", now);
    if (++arrived != needed) return {};  // too early, or too late: this path is over
    groups.erase(groups.size() - 1);
    Json kept = groups.empty() ? Json::object() : Json{{"groups", groups}};
    if (group.contains("loops")) kept["loops"] = group["loops"];
    place.token.data = to_text(kept);
    move(place, node.next);
    push(std::move(place));
    return {};
  }

  // As Engine::apply().
  Result<void> apply(Place& place, const Step& decided, Instant now) {
    log(place, decided.log_kind, now, decided.reason);
    switch (decided.kind) {
      case Step::Kind::kExit:
        end("completed", decided.reason);
        return {};
      case Step::Kind::kFail:
        end("failed", std::string(first_code_points(decided.reason, 200)));
        return {};
      case Step::Kind::kWait:
        place.token.due = decided.due;
        place.token.data = decided.data;
        place.token.visit += 1;
        if (decided.log_kind == "retry") {
          place.token.attempt += 1;
          deferred_.add("retry");
        }
        push(std::move(place));
        return {};
      default:
        break;
    }
    for (const auto& fork : decided.fork) {
      add(place.token.id + "/" + std::to_string(++made_), fork.node_id, fork.due, fork.data);
      if (fork.node_id == place.token.node_id) uncount(place);  // a call that nobody waits for is still the same visit
    }
    if (decided.next.empty()) return {};
    if (decided.loops || place.token.data != "{}") {
      Json data = object_of(place.token.data);
      Json loops = decided.loops ? *decided.loops : data.value("loops", Json::object());
      Json kept = Json::object();
      if (data.contains("groups")) kept["groups"] = data["groups"];
      if (!loops.empty()) kept["loops"] = loops;
      place.token.data = to_text(kept);
    }
    place.token.due = now;
    move(place, decided.next);
    push(std::move(place));
    return {};
  }

  void uncount(const Place& place) {
    --place.at->entered;
    --place.at->by_day[day_number(place.token.due)];
  }

  [[nodiscard]] size_t day_number(Instant at) const {
    return static_cast<size_t>(std::max<int64_t>(0, at.us - midnight_us_) / kDay_us);
  }
  DayTally& day(Instant at) {
    size_t number = day_number(at);
    if (days_.size() <= number) days_.resize(number + 1);
    return days_[number];
  }

  // The samples are spread over everybody.
  void begin_sample() {
    sample_ = nullptr;
    auto wanted = std::min(options_.samples, kSamplesMax);
    auto taken = static_cast<int64_t>(samples_.size());
    if (taken >= wanted || people_ < taken * std::max<int64_t>(options_.people_of, 1) / wanted) return;
    if (samples_.empty()) samples_.reserve(static_cast<size_t>(wanted));  // sample_ points into it
    samples_.push_back({person_->id, ""});
    sample_ = &samples_.back();
  }

  void end_sample(const std::string& ended) {
    if (sample_ == nullptr) return;
    sample_->ended = ended;
    // What happened within was told when it began.
    std::stable_sort(sample_->lines.begin(), sample_->lines.end(),
                     [](const TimelineLine& a, const TimelineLine& b) { return a.at < b.at; });
  }

  Simulated result(int64_t took_ms) {
    Simulated all{.people = people_,
                  .people_of = std::max(people_, options_.people_of),
                  .steps = steps_,
                  .seed = options_.seed,
                  .took_ms = took_ms,
                  .complete = cut_.empty(),
                  .cut = cut_,
                  .from = options_.from,
                  .until = until_,
                  .ends = ends_,
                  .messages = messages_.map(),
                  .refused = refused_.map(),
                  .deferred = deferred_.map(),
                  .currency = prepared_.assumptions.currency,
                  .samples = samples_,
                  .assumed = prepared_.assumed};
    for (const auto& [channel, price] : prepared_.assumptions.prices) {
      auto sent = all.messages.find(channel);
      all.cost = all.cost.value_or(0) + (sent == all.messages.end() ? 0 : price * static_cast<double>(sent->second));
    }
    const Date first = to_local({midnight_us_}, "UTC")->date;
    size_t days = days_.size();
    for_each_node(whole_, [&](const NodeTally& tally) {
      all.nodes.push_back(
          {tally.name, tally.ready->type, tally.entered, tally.waiting, tally.outcomes.map(), tally.variants.map()});
      days = std::max(days, tally.by_day.size());
    });
    for (size_t i = 0; i < days; ++i) {
      DayCounts counts{.day = add_days(first, static_cast<int>(i))};
      if (i < days_.size()) {
        counts.started = days_[i].started;
        counts.ended = days_[i].ended;
        counts.messages = days_[i].messages.map();
      }
      for_each_node(whole_, [&](const NodeTally& tally) {
        if (i < tally.by_day.size() && tally.by_day[i] > 0) counts.entered[tally.name] = tally.by_day[i];
      });
      if (counts.started + counts.ended == 0 && counts.entered.empty()) continue;
      if (all.days.size() < kDaysShownMax) all.days.push_back(std::move(counts));
      else ++all.days_left_out;
    }
    return all;
  }

  const Prepared& prepared_;
  const SimulateOptions& options_;
  const Instant until_;
  int64_t midnight_us_ = 0, deadline_ms_ = 0;
  Result<Json> busy_ = Json(), rejected_ = Json(), no_contact_ = Json();
  Flow whole_;
  std::vector<DayTally> days_;
  std::map<std::string, int64_t> ends_;
  Tally messages_, refused_, deferred_;
  std::vector<Timeline> samples_;
  int64_t people_ = 0, steps_ = 0;
  std::string cut_;

  // Of the person who is on their way.
  Rng rng_{0};
  const Person* person_ = nullptr;
  Timeline* sample_ = nullptr;
  Seen seen_;
  std::vector<bool*> rules_;
  Passage* passage_ = nullptr;
  uint64_t made_ = 0;
  int64_t person_steps_ = 0;
};

}  // namespace

Result<Simulated> simulate(const Prepared& prepared, const NextPeople& next, const SimulateOptions& options) {
  return Simulator(prepared, options).run(next);
}

}  // namespace spreaders::workflows::inspect
