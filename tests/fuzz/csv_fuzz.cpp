// The CSV reader on any bytes: rows have the header's width, lines only grow, and it ends.
#include <cstdint>
#include <cstdlib>
#include <sstream>

#include "services/audience/csv.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace spreaders::audience;
  std::istringstream stream(std::string(reinterpret_cast<const char*>(data), size));
  CsvReader reader(stream, {.row_bytes_max = 512, .columns_max = 20});
  int64_t line = 0;
  size_t columns = 0;
  for (size_t items = 0;; ++items) {
    if (items > size + 1) std::abort();
    const CsvItem item = reader.next();
    if (item.kind == CsvItem::Kind::kEnd) break;
    if (item.line <= line || item.line >= reader.next_line() + 1) std::abort();
    line = item.line;
    if (item.kind == CsvItem::Kind::kProblem && item.message.empty()) std::abort();
    if (item.kind != CsvItem::Kind::kRow) continue;
    if (columns == 0) columns = item.fields.size();
    if (item.fields.size() != columns || columns > 20) std::abort();
  }
  return 0;
}
