// JSON-RPC batches, which only revision 2025-03-26 has: the answers of all requests leave together.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "mcp-server/protocol/outlet.hpp"

namespace spreaders::mcp {

class Batch {
 public:
  // `done` gets the JSON array when `missing` answers have been added.
  Batch(size_t missing, std::function<void(std::string)> done) : missing_(missing), done_(std::move(done)) {}
  void add(std::string response_text);  // empty: this request gets no answer

 private:
  std::mutex mutex_;
  size_t missing_;
  std::string texts_;
  std::function<void(std::string)> done_;
};

class BatchOutlet final : public Outlet {
 public:
  explicit BatchOutlet(std::shared_ptr<Batch> batch) : batch_(std::move(batch)) {}
  ~BatchOutlet() override {
    if (batch_) batch_->add("");
  }
  bool send(std::string_view) override { return false; }
  void finish(std::string response_text, int) override {
    if (batch_) batch_->add(std::move(response_text));
    batch_.reset();
  }
  [[nodiscard]] bool can_stream() const override { return false; }

 private:
  std::shared_ptr<Batch> batch_;  // shared by the outlets of one batch
};

}  // namespace spreaders::mcp
