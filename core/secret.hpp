// A string that cannot be printed, compared by accident or turned into JSON: there is no operator<<, no conversion and
// no fields support. Its bytes are wiped when it goes.
#pragma once

#include <string>
#include <string_view>

namespace spreaders {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(const Secret&) = default;
  Secret& operator=(Secret&&) noexcept = default;
  ~Secret() { wipe(value_); }
  // The one way to the value; grep for it to see every place that handles a plain secret.
  [[nodiscard]] const std::string& reveal() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }
  static void wipe(std::string& text);

 private:
  std::string value_;
};

}  // namespace spreaders
