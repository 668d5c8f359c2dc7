// Modern subscriptions/listen: streams that tell clients about changes, each within its own filter.
#pragma once

#include <memory>
#include <mutex>
#include <set>
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
  // False when there are too many. The acknowledgement has to be sent before, so that it comes first.
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
  void publish(std::string_view method, const Json& params, const std::string& workspace,
               const std::function<bool(const ListenFilter&)>& wanted);

  const size_t listeners_max_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Listener>> listeners_;  // shared with a publish that is under way
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
