// What every function that can fail answers: a value or one Error. Exceptions stay inside the function that called
// the third-party library which threw them.
//
//   Result<Campaign> load(Id id) {
//     auto row = TRY(find(id));            // returns the error to our caller
//     if (!row) return Error{Code::kNotFound, "No campaign has the id " + id};
//     return Campaign{...};
//   }
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace spreaders {

// The closed list of ways to fail. ARCHITECTURE.md section 6 maps each to retry, MCP and HTTP behaviour.
enum class Code : uint8_t {
  kInvalidArgument,   // the caller's input is wrong: fix it
  kNotFound,          // no such thing, or not in the caller's workspace
  kConflict,          // the thing is in a state that forbids this, or an idempotency key was used for something else
  kUnauthenticated,   // who are you
  kPermissionDenied,  // you may not
  kApprovalRequired,  // a person has to approve this first
  kReconnectNeeded,   // the connection to a vendor has to be made again
  kNotConfigured,     // a setting or connection is missing
  kUnsupported,       // the platform offers no such thing; the message names the nearest alternative
  kRateLimited,       // later; see retry_after_ms
  kUnavailable,       // later; nothing happened
  kOutcomeUnknown,    // it may or may not have happened: never retry blindly
  kVendorRejected,    // the other side refused for good
  kCancelled,         // the caller gave up or the run was stopped
  kInternal,          // our defect
};

std::string_view code_name(Code code);  // "invalid_argument", ...

// One problem with its place. `pointer` is a JSON Pointer (RFC 6901), "line 12" or a field name.
struct Issue {
  std::string pointer;
  std::string message;
};

struct Error {
  Code code = Code::kInternal;
  std::string message;             // for people and models: what is wrong and what to do; never a secret
  std::string detail = {};         // for logs only; never a secret either
  int64_t retry_after_ms = 0;      // 0 = unknown
  std::vector<Issue> issues = {};  // every problem found, when the input was bad

  // message, then one line an issue
  [[nodiscard]] std::string text() const;
};

inline Error invalid(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }
inline Error not_found(std::string message) { return Error{Code::kNotFound, std::move(message)}; }
inline Error conflict(std::string message) { return Error{Code::kConflict, std::move(message)}; }
inline Error internal(std::string message, std::string detail = {}) {
  return Error{Code::kInternal, std::move(message), std::move(detail)};
}

// Result<void> holds this.
struct Nothing {};

template <class T>
class [[nodiscard]] Result {
 public:
  using Value = std::conditional_t<std::is_void_v<T>, Nothing, T>;
  Result() requires std::is_void_v<T> : state_(Nothing{}) {}
  template <class U>
  requires(!std::is_void_v<T> && std::is_convertible_v<U&&, Value> && !std::is_same_v<std::decay_t<U>, Error> &&
           !std::is_same_v<std::decay_t<U>, Result<T>>) Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}            // NOLINT: implicit on purpose
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit on purpose

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  Value& operator*() & { return std::get<0>(state_); }
  const Value& operator*() const& { return std::get<0>(state_); }
  Value&& operator*() && { return std::get<0>(std::move(state_)); }
  Value* operator->() { return &std::get<0>(state_); }
  const Value* operator->() const { return &std::get<0>(state_); }
  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }
  // The value, or `fallback` when this failed.
  Value value_or(Value fallback) && { return ok() ? std::get<0>(std::move(state_)) : std::move(fallback); }

 private:
  std::variant<Value, Error> state_;
};

// Prints why and where, then aborts. For programmer errors only, never for input; stays on in production.
[[noreturn]] void check_failed(const char* condition, const char* why, const char* file, int line);

}  // namespace spreaders

// Evaluates to the value of a Result, or returns its error from the enclosing function. The counter keeps a TRY inside
// a lambda inside a TRY from shadowing the outer one.
#define TRY(expression) SPR_TRY_NAMED(expression, __COUNTER__)
#define SPR_TRY_NAMED(expression, number) SPR_TRY_JOINED(expression, number)
#define SPR_TRY_JOINED(expression, number) SPR_TRY_AS(expression, try_result_##number)
#define SPR_TRY_AS(expression, name)                \
  __extension__({                                   \
    auto name = (expression);                       \
    if (!name.ok()) return std::move(name).error(); \
    std::move(*name);                               \
  })

#define CHECK(condition, why)                                                         \
  do {                                                                                \
    if (!(condition)) ::spreaders::check_failed(#condition, why, __FILE__, __LINE__); \
  } while (false)
