// Modern subscriptions/listen: streams that tell clients about changes, each within its own filter.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "mcp-server/protocol/outlet.hpp"
#include "mcp-server/protocol/types.hpp"

namespace spreaders::mcp {

class Peer;

enum class Change : uint8_t { kTools, kPrompts, kResources };

struct ListenFilter {
  std::set<Change> changes;
  std::set<std::string> resources;  // URIs
};

struct Listener {
  Id id;                  // of the listen request
  std::string workspace;  // whose changes it hears
  ListenFilter filter;
  OutletPtr outlet;
  std::stop_token stop;        // requested when the client closes the stream
  const Peer* peer = nullptr;  // stdio: whose cancellation ends it
};

class Subscriptions {
 public:
  explicit Subscriptions(size_t listeners_max) : listeners_max_(listeners_max) {}
  ~Subscriptions();
  Subscriptions(const Subscriptions&) = delete;
  Subscriptions& operator=(const Subscriptions&) = delete;
  // False when there are too many. The acknowledgement has to be sent before, so that it comes first. A listener is let
  // go of, with all that its outlet holds, as soon as its stop is requested.
  bool add(Listener listener);
  void remove(const Peer* peer, const Id& id);
  // With a `workspace` only to the listeners of that one.
  void changed(Change change, const std::string& workspace = {});
  void resource_updated(const std::string& uri, const std::string& workspace = {});
  void for_each(const std::function<void(const Listener&)>& visit) const;
  // Ends every stream with its result; the server stops.
  void close();
  [[nodiscard]] size_t size() const;

 private:
  struct Entry {
    explicit Entry(Listener given) : listener(std::move(given)) {}
    const Listener listener;
    std::optional<std::stop_callback<std::function<void()>>> on_stop;
  };
  using EntryPtr = std::shared_ptr<Entry>;  // shared with a publish that is under way

  // Takes out what they are true for. The caller lets go of them without the lock: an outlet has locks of its own, and
  // an entry waits for its on_stop where that runs.
  std::vector<EntryPtr> take(const std::function<bool(const EntryPtr&)>& which);
  void publish(std::string_view method, const Json& params, const std::string& workspace,
               const std::function<bool(const ListenFilter&)>& wanted);

  const size_t listeners_max_;
  mutable std::mutex mutex_;
  std::vector<EntryPtr> entries_;
};

// What the server can tell about at all. `watch` says whether this client may hear of a resource.
struct Listenable {
  bool tools = false, prompts = false, resources = false;
  std::function<bool(const std::string& uri)> watch;
};

// The filter of `params.notifications`, reduced to what the server can honour; `honoured` gets the subset to
// acknowledge.
std::variant<ListenFilter, RpcError> read_filter(const Json& params, const Listenable& able, Json& honoured);

}  // namespace spreaders::mcp
