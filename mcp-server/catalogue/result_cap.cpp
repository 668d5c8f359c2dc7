#include "mcp-server/catalogue/result_cap.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"

namespace spreaders::mcp {

namespace {

constexpr size_t kCuts_max = 200;  // rounds; each takes at least an eighth of the largest piece
constexpr size_t kTextKept_min = 200;

struct Piece {
  std::string pointer;
  Json* value = nullptr;
  size_t bytes = 0;
};

size_t bytes_of(const Json& value) { return to_text(value).size(); }

// The array or text whose cutting gains most: the largest that holds no single larger part worth cutting first.
Piece largest(Json& value, const std::string& pointer) {
  if (value.is_string()) return {pointer, &value, value.get_ref<const std::string&>().size()};
  if (value.is_array()) {
    size_t bytes = bytes_of(value);
    // One entry that is most of the array is what has to shrink, not the others.
    for (size_t i = 0; i < value.size(); ++i) {
      if (bytes_of(value[i]) * 2 > bytes && value[i].is_structured()) {
        Piece inner = largest(value[i], pointer + "/" + std::to_string(i));
        if (inner.value != nullptr) return inner;
      }
    }
    return value.empty() ? Piece{} : Piece{pointer, &value, bytes};
  }
  Piece best;
  if (!value.is_object()) return best;
  for (auto it = value.begin(); it != value.end(); ++it) {
    Piece piece = largest(it.value(), pointer + pointer_step(it.key()));
    if (piece.bytes > best.bytes) best = std::move(piece);
  }
  return best;
}

}  // namespace

std::vector<Cut> cap_result(Json& result, size_t bytes_max) {
  std::vector<Cut> cuts;
  for (size_t round = 0; round < kCuts_max; ++round) {
    size_t bytes = bytes_of(result);
    if (bytes <= bytes_max) break;
    Piece piece = largest(result, "");
    if (piece.value == nullptr || (piece.value->is_string() && piece.bytes <= kTextKept_min)) break;
    size_t excess = bytes - bytes_max;
    bool text = piece.value->is_string();
    size_t whole = text ? piece.bytes : piece.value->size();
    // By proportion, a little more than is needed; at least an eighth, so that it ends.
    double room = static_cast<double>(piece.bytes - std::min(excess, piece.bytes)) / static_cast<double>(piece.bytes);
    double share = std::min(0.875, room * 0.98);
    auto kept = static_cast<size_t>(share * static_cast<double>(whole));
    auto known = std::find_if(cuts.begin(), cuts.end(), [&](const Cut& cut) { return cut.pointer == piece.pointer; });
    if (text) {
      kept = std::max(kept, kTextKept_min);
      *piece.value = std::string(first_code_points(piece.value->get_ref<const std::string&>(), kept));
    } else {
      piece.value->erase(piece.value->begin() + static_cast<std::ptrdiff_t>(kept), piece.value->end());
      // Cuts inside what is gone are gone too.
      std::erase_if(cuts, [&](const Cut& cut) { return cut.pointer.starts_with(piece.pointer + "/"); });
      known = std::find_if(cuts.begin(), cuts.end(), [&](const Cut& cut) { return cut.pointer == piece.pointer; });
    }
    if (known != cuts.end()) known->kept = kept;
    else cuts.push_back({piece.pointer, kept, whole});
  }
  return cuts;
}

std::string explain_cuts(const std::vector<Cut>& cuts) {
  std::string text;
  for (const auto& cut : cuts)
    text += cut.pointer + ": " + std::to_string(cut.kept) + " of " + std::to_string(cut.whole) + " shown\n";
  return text;
}

}  // namespace spreaders::mcp
