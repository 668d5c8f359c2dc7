#include "mcp-server/protocol/batch.hpp"

namespace spreaders::mcp {

void Batch::add(std::string response_text) {
  std::unique_lock lock(mutex_);
  if (!response_text.empty()) texts_.append(texts_.empty() ? "" : ",").append(response_text);
  if (--missing_ > 0) return;
  lock.unlock();
  done_("[" + texts_ + "]");
}

}  // namespace spreaders::mcp
