// decode() of any JSON into a struct with every kind of member: whatever is accepted encodes to something that is
// accepted again as the same; whatever is refused says where.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "core/fields.hpp"

namespace {

using namespace spreaders;

enum class Shape : uint8_t { kRound, kSquare };
SPR_ENUM(Shape, {Shape::kRound, "round"}, {Shape::kSquare, "square"});

struct Inner {
  std::string name;
  std::optional<int64_t> size;
  SPR_FIELDS(Inner, SPR_FIELD(name, "Name", .max_size = 20), SPR_FIELD(size, "Size", .min = -5, .max = 1e15));
};

struct Everything {
  bool flag = false;
  int count = 0;
  double ratio = 0;
  std::string email;
  Instant at;
  Date day;
  Shape shape = Shape::kRound;
  std::optional<std::string> url;
  std::vector<Inner> items;
  std::map<std::string, double> weights;
  Json anything;
  SPR_FIELDS(Everything, SPR_FIELD(flag, "Flag", .defaulted = true),
             SPR_FIELD(count, "Count", .min = 0, .max = 100, .defaulted = true),
             SPR_FIELD(ratio, "Ratio", .defaulted = true),
             SPR_FIELD(email, "Email", .format = Format::kEmail, .defaulted = true),
             SPR_FIELD(at, "At", .defaulted = true), SPR_FIELD(day, "Day", .defaulted = true),
             SPR_FIELD(shape, "Shape", .defaulted = true), SPR_FIELD(url, "Url", .format = Format::kHttpsUri),
             SPR_FIELD(items, "Items", .max_size = 3, .defaulted = true),
             SPR_FIELD(weights, "Weights", .max_size = 3, .defaulted = true),
             SPR_FIELD(anything, "Anything", .defaulted = true));
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto json = parse_json({reinterpret_cast<const char*>(data), size});
  if (!json) return 0;
  const auto decoded = decode<Everything>(*json, "The input");
  if (!decoded) {
    if (decoded.error().issues.empty()) std::abort();
    return 0;
  }
  if (decoded->count < 0 || decoded->count > 100 || decoded->items.size() > 3) std::abort();
  const Json once = encode(*decoded);
  Json defaults_only = once;
  if (decoded->email.empty()) defaults_only.erase("email");  // a default need not be a valid value to give
  const auto again = decode<Everything>(defaults_only, "Our own output");
  if (!again || to_text(encode(*again)) != to_text(once)) std::abort();
  return 0;
}
