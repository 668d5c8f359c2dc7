// UTF-8 text with the meanings JavaScript gives to strings: lengths in UTF-16 units, its white space, its case rules
// and its order. Bytes that are not UTF-8 count as one character each and never fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace spreaders::liquid {

// The code point at `at`, which moves past it. U+FFFD for a byte that is not UTF-8.
uint32_t next_point(std::string_view text, size_t& at);
void append_point(std::string& out, uint32_t point);

size_t utf16_length(std::string_view text);
size_t point_count(std::string_view text);
// The byte offset `count` code points after `from`, at most the end. Counts fractions up, as `i < count` does.
size_t skip_points(std::string_view text, size_t from, double count);
// The character at a UTF-16 index; half of a pair answers U+FFFD. Empty when out of range.
std::string_view unit_at(std::string_view text, size_t index);
// Negative, 0 or positive, in UTF-16 order.
int compare_utf16(std::string_view a, std::string_view b);

bool is_space(uint32_t point);  // \s of a JavaScript pattern
std::string_view trim_start(std::string_view text);
std::string_view trim_end(std::string_view text);
// The position of the next run of white space at or after `from`, and its end; {size, size} when there is none.
struct SpaceRun {
  size_t begin;
  size_t end;
};
SpaceRun next_space(std::string_view text, size_t from);

void append_upper(std::string& out, std::string_view text);
void append_lower(std::string& out, std::string_view text);

// String(number): shortest digits that read back the same.
void append_number(std::string& out, double number);
// Number(text): NaN when it is none. Knows 0x, 0b, 0o, exponents, Infinity; empty is 0.
double number_from(std::string_view text);

}  // namespace spreaders::liquid
