// Amounts of money are whole minor units (cents) and an ISO 4217 code. How many digits stand after the point is said
// here and nowhere else: two tables that disagree make a budget ten times too large.
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

namespace spreaders {

// 0, 2 or 3; 2 for a code that is not known.
constexpr int minor_digits(std::string_view currency) {
  constexpr std::string_view kNone = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
  constexpr std::string_view kThree = "BHD IQD JOD KWD LYD OMR TND";
  if (currency.size() != 3) return 2;
  if (kNone.find(currency) != std::string_view::npos) return 0;
  return kThree.find(currency) != std::string_view::npos ? 3 : 2;
}

inline int64_t to_minor(double amount, std::string_view currency) {
  return std::llround(amount * std::pow(10, minor_digits(currency)));
}
inline double to_major(int64_t minor, std::string_view currency) {
  return static_cast<double>(minor) / std::pow(10, minor_digits(currency));
}

}  // namespace spreaders
