#include "integrations/http/curl_client.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <curl/curl.h>
#include <exception>
#include <mutex>
#include <unistd.h>
#include <vector>

#include "core/bytes.hpp"
#include "core/time.hpp"
#include "integrations/http/ssrf_guard.hpp"

namespace spreaders {
namespace {

using http::Target;
using http::Trust;

// A handle and the multi that owns its connections; the multi is there because it can be woken from another thread.
struct Handle {
  CURL* easy = nullptr;
  CURLM* multi = nullptr;
  Handle() {
    easy = curl_easy_init();
    multi = curl_multi_init();
    CHECK(easy != nullptr && multi != nullptr, "libcurl gives no handle: the machine is out of memory");
  }
  ~Handle() {
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
};

enum class Halt : uint8_t { kNone, kAddress, kTooLarge, kReceiver, kSecondTry, kIdle, kStopped };

// What the callbacks of one transfer share.
struct Transfer {
  const HttpRequest& request;
  const CurlLimits& limits;
  Trust trust;
  HttpResponse response = {};
  Halt halt = Halt::kNone;
  std::string refused = {};  // the address range the guard refused
  size_t body_bytes = 0;
  size_t header_bytes = 0;
  bool request_began = false;      // a connection stood and the request was about to be written
  bool head_told = false;          // on_head was called
  std::exception_ptr thrown = {};  // from on_head, on_data: exceptions must not pass through libcurl's frames
};

bool is_safe(std::string_view method) { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }

curl_socket_t open_socket(void* state, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(state);
  if (transfer.trust == Trust::kUntrusted) {
    const auto range = http::refused_range(&address->addr, address->addrlen);
    if (!range.empty()) {
      transfer.refused = range;
      return CURL_SOCKET_BAD;
    }
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

int before_request(void* state, char*, char*, int, int) {
  auto& transfer = *static_cast<Transfer*>(state);
  if (transfer.request_began && !is_safe(transfer.request.method)) {
    transfer.halt = Halt::kSecondTry;
    return CURL_PREREQFUNC_ABORT;
  }
  transfer.request_began = true;
  return CURL_PREREQFUNC_OK;
}

// The status of "HTTP/1.1 200 OK", or 0.
int status_of(std::string_view line) {
  const size_t blank = line.find(' ');
  if (!line.starts_with("HTTP/") || blank == std::string_view::npos) return 0;
  int status = 0;
  std::from_chars(line.data() + blank + 1, line.data() + line.size(), status);
  return status;
}

// False when the caller wants no more of this answer.
bool tell_head(Transfer& transfer) {
  transfer.head_told = true;
  try {
    if (transfer.request.on_head(transfer.response)) return true;
    transfer.halt = Halt::kReceiver;
  } catch (...) {
    transfer.thrown = std::current_exception();
  }
  return false;
}

size_t take_header(char* data, size_t size, size_t count, void* state) {
  auto& transfer = *static_cast<Transfer*>(state);
  std::string_view line(data, size * count);
  transfer.header_bytes += line.size();
  if (transfer.header_bytes > transfer.limits.header_bytes_max) {
    transfer.halt = Halt::kTooLarge;
    return 0;
  }
  if (line.starts_with("HTTP/")) {  // after a 1xx answer the real one begins
    transfer.response.headers.clear();
    transfer.response.status = status_of(line);
  }
  const size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    transfer.response.headers.emplace_back(lower_ascii(trim(line.substr(0, colon))), trim(line.substr(colon + 1)));
  }
  const bool is_end = trim(line).empty() && transfer.response.status >= 200 && !transfer.head_told;
  if (is_end && transfer.request.on_head && !tell_head(transfer)) return 0;
  return size * count;
}

size_t take_body(char* data, size_t size, size_t count, void* state) {
  auto& transfer = *static_cast<Transfer*>(state);
  const std::string_view piece(data, size * count);
  transfer.body_bytes += piece.size();
  if (transfer.body_bytes > transfer.request.response_bytes_max) {
    transfer.halt = Halt::kTooLarge;
    return 0;
  }
  if (!transfer.request.on_data) {
    transfer.response.body.append(piece);
    return piece.size();
  }
  try {
    if (transfer.request.on_data(piece)) return piece.size();
    transfer.halt = Halt::kReceiver;
  } catch (...) {
    transfer.thrown = std::current_exception();
  }
  return piece.empty() ? 1 : 0;
}

// libcurl wants lists of lines. Header lines may hold secrets, so all lines are wiped before the list is freed.
class TextList {
 public:
  TextList() = default;
  ~TextList() {
    for (auto* item = list_; item != nullptr; item = item->next) explicit_bzero(item->data, std::strlen(item->data));
    curl_slist_free_all(list_);
  }
  TextList(const TextList&) = delete;
  TextList& operator=(const TextList&) = delete;
  void add(const std::string& name, std::string_view value) {
    // "Name;" is libcurl's spelling of a header with an empty value; "Name:" would leave the header out.
    std::string line = value.empty() ? name + ";" : name + ": " + std::string(value);
    append(line);
    Secret::wipe(line);
  }
  void add_plain(const std::string& line) { append(line); }
  void leave_out(const char* name) { append(std::string(name) + ":"); }
  [[nodiscard]] curl_slist* get() const { return list_; }

 private:
  void append(const std::string& line) {
    auto* longer = curl_slist_append(list_, line.c_str());
    CHECK(longer != nullptr, "out of memory");
    list_ = longer;
  }
  curl_slist* list_ = nullptr;
};

bool is_token(std::string_view text) {
  constexpr std::string_view kSigns = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kSigns.find(c) != std::string_view::npos;
  });
}

void check_header(const std::string& name, std::string_view value, std::vector<Issue>& issues) {
  const std::string lower = lower_ascii(name);
  if (!is_token(name)) {
    issues.push_back({"headers", "A header name has characters that HTTP does not allow."});
  } else if (lower == "content-length" || lower == "transfer-encoding" || lower == "host" || lower == "connection" ||
             lower == "expect") {
    issues.push_back({"headers/" + name, "This header is set by the client itself."});
  } else if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
    issues.push_back({"headers/" + name, "The value has a line break or a NUL."});
  }
}

Result<void> check_request(const HttpRequest& request, const CurlLimits& limits) {
  std::vector<Issue> issues;
  if (!is_token(request.method) || request.method.size() > 20) {
    issues.push_back({"method", "The method is not an HTTP method."});
  }
  size_t header_bytes = 0;
  for (const auto& [name, value] : request.headers) {
    check_header(name, value, issues);
    header_bytes += name.size() + value.size() + 4;
  }
  for (const auto& [name, value] : request.secret_headers) {
    check_header(name, value.reveal(), issues);
    header_bytes += name.size() + value.reveal().size() + 4;
  }
  if (header_bytes > limits.header_bytes_max) issues.push_back({"headers", "The headers are too long altogether."});
  if (request.body.size() > limits.request_bytes_max) {
    issues.push_back({"body", "The body is longer than " + std::to_string(limits.request_bytes_max) + " bytes."});
  }
  if (request.connect_timeout_ms <= 0 || request.timeout_ms <= 0 || request.idle_timeout_ms <= 0) {
    issues.push_back({"timeout_ms", "Every timeout must be greater than zero."});
  }
  if (issues.empty()) return {};
  return Error{.code = Code::kInvalidArgument, .message = "The request cannot be sent.", .issues = std::move(issues)};
}

void set_safety_options(CURL* easy, const CurlLimits& limits) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // also keeps libcurl from reading a proxy out of the environment
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, static_cast<long>(limits.idle_connection_s_max));
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");  // every coding this libcurl can undo
}

void set_request(CURL* easy, const HttpRequest& request, TextList& headers) {
  bool has_type = false;
  bool has_agent = false;
  for (const auto& [name, value] : request.headers) {
    headers.add(name, value);
    has_type = has_type || lower_ascii(name) == "content-type";
    has_agent = has_agent || lower_ascii(name) == "user-agent";
  }
  for (const auto& [name, value] : request.secret_headers) headers.add(name, value.reveal());
  headers.leave_out("Expect");
  if (!has_agent) headers.add("User-Agent", "spreaders");
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  if (request.method == "GET" && request.body.empty()) {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  } else if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
             request.method == "PATCH") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    if (!has_type) headers.leave_out("Content-Type");  // libcurl would claim a web form
  } else {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout_ms));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout_ms));
}

void set_callbacks(CURL* easy, Transfer& transfer) {
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &before_request);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
}

// Drives one transfer to its end. Whatever moves, in either direction, resets the idle clock.
CURLcode drive(Handle& handle, Transfer& transfer) {
  constexpr int kPoll_ms_max = 1000;
  int64_t moved_at_ms = monotonic_ms();
  curl_off_t moved_bytes = 0;
  for (;;) {
    int running = 0;
    if (curl_multi_perform(handle.multi, &running) != CURLM_OK) return CURLE_FAILED_INIT;
    if (running == 0) break;
    if (transfer.request.stop.stop_requested()) {
      transfer.halt = Halt::kStopped;
      return CURLE_ABORTED_BY_CALLBACK;
    }
    curl_off_t sent = 0;
    curl_easy_getinfo(handle.easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    const auto total = sent + static_cast<curl_off_t>(transfer.body_bytes + transfer.header_bytes);
    const int64_t now_ms = monotonic_ms();
    if (total != moved_bytes || !transfer.request_began) {  // connecting has a limit of its own
      moved_bytes = total;
      moved_at_ms = now_ms;
    }
    const int64_t left_ms = transfer.request.idle_timeout_ms - (now_ms - moved_at_ms);
    if (transfer.request_began && left_ms <= 0) {
      transfer.halt = Halt::kIdle;
      return CURLE_OPERATION_TIMEDOUT;
    }
    const auto wait_ms = static_cast<int>(std::clamp<int64_t>(left_ms, 1, kPoll_ms_max));
    curl_multi_poll(handle.multi, nullptr, 0, wait_ms, nullptr);
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(handle.multi, &left)) {
    if (message->msg == CURLMSG_DONE) return message->data.result;
  }
  return CURLE_FAILED_INIT;
}

Error failure(CURLcode code, const Transfer& transfer, const Target& target) {
  const std::string where = target.authority();
  if (!transfer.refused.empty() && !transfer.request_began) {
    return {Code::kPermissionDenied,
            "The address of " + where + " lies in a range that is not reachable from here: " + transfer.refused + "."};
  }
  if (transfer.halt == Halt::kStopped) return {Code::kCancelled, "The call to " + where + " was stopped."};
  if (transfer.halt == Halt::kReceiver) {
    return {Code::kCancelled, "The receiver of the answer of " + where + " wanted no more of it."};
  }
  std::string reason = curl_easy_strerror(code);
  if (transfer.halt == Halt::kTooLarge) {
    reason = "the answer is larger than " + std::to_string(transfer.request.response_bytes_max) +
             " bytes or its headers "
             "are larger than " +
             std::to_string(transfer.limits.header_bytes_max);
  } else if (transfer.halt == Halt::kIdle) {
    reason = "no byte moved for " + std::to_string(transfer.request.idle_timeout_ms) + " ms";
  } else if (transfer.halt == Halt::kSecondTry) {
    reason = "the connection closed after the request began";
  }
  if (!transfer.request_began) return {Code::kUnavailable, "Could not reach " + where + ": " + reason + "."};
  return {Code::kOutcomeUnknown,
          "The request to " + where + " may have arrived, but no whole answer came back: " + reason + "."};
}

}  // namespace

// Idle handles of each trust, and a count of those in use.
class CurlClient::Pool {
 public:
  explicit Pool(CurlLimits limits) : limits_(std::move(limits)) {}

  Result<std::unique_ptr<Handle>> take(Trust trust, const HttpRequest& request) {
    std::unique_lock lock(mutex_);
    const auto patience = std::chrono::milliseconds(std::min(request.connect_timeout_ms, request.timeout_ms));
    if (!freed_.wait_for(lock, request.stop, patience, [&] { return in_use_ < limits_.handles_max; })) {
      if (request.stop.stop_requested()) return Error{Code::kCancelled, "The call was stopped before it began."};
      return Error{Code::kUnavailable, "Too many calls are under way at once; this one did not begin."};
    }
    ++in_use_;
    auto& idle = idle_[static_cast<size_t>(trust)];
    if (idle.empty()) {
      lock.unlock();
      return std::make_unique<Handle>();
    }
    auto handle = std::move(idle.back());
    idle.pop_back();
    return handle;
  }

  void give_back(Trust trust, std::unique_ptr<Handle> handle) {
    std::unique_ptr<Handle> surplus;  // closed outside the lock
    {
      const std::lock_guard lock(mutex_);
      --in_use_;
      auto& idle = idle_[static_cast<size_t>(trust)];
      if (idle.size() < limits_.idle_handles_max) idle.push_back(std::move(handle));
      else surplus = std::move(handle);
    }
    freed_.notify_one();
  }

  [[nodiscard]] const CurlLimits& limits() const { return limits_; }

 private:
  const CurlLimits limits_;
  std::mutex mutex_;
  std::condition_variable_any freed_;
  size_t in_use_ = 0;
  std::array<std::vector<std::unique_ptr<Handle>>, 2> idle_;
};

CurlClient::CurlClient(CurlLimits limits) : pool_(std::make_unique<Pool>(std::move(limits))) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  CHECK(ready == CURLE_OK, "libcurl cannot start");
}

CurlClient::~CurlClient() = default;

Result<HttpResponse> CurlClient::send(const HttpRequest& request) {
  const Trust trust = request.trusted_address ? Trust::kOperator : Trust::kUntrusted;
  const Target target = TRY(http::check_url(request.url, trust));
  TRY(check_request(request, pool_->limits()));
  auto handle = TRY(pool_->take(trust, request));

  Transfer transfer{.request = request, .limits = pool_->limits(), .trust = trust};
  TextList headers;
  set_safety_options(handle->easy, pool_->limits());
  set_callbacks(handle->easy, transfer);
  set_request(handle->easy, request, headers);
  TextList pinned;
  for (const auto& line : pool_->limits().pinned_names) pinned.add_plain(line);
  curl_easy_setopt(handle->easy, CURLOPT_RESOLVE, pinned.get());
  curl_multi_add_handle(handle->multi, handle->easy);
  CURLcode code = CURLE_OK;
  {
    const std::stop_callback wake(request.stop, [&handle] { curl_multi_wakeup(handle->multi); });
    code = drive(*handle, transfer);
  }
  curl_multi_remove_handle(handle->multi, handle->easy);
  long status = 0;
  curl_easy_getinfo(handle->easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_reset(handle->easy);  // forgets this request's headers, body and callbacks; the connections stay
  pool_->give_back(trust, std::move(handle));

  if (transfer.thrown) std::rethrow_exception(transfer.thrown);
  if (code != CURLE_OK) return failure(code, transfer, target);
  transfer.response.status = static_cast<int>(status);
  return std::move(transfer.response);
}

}  // namespace spreaders
