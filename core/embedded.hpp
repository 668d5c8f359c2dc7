// Files that are built into the program: migrations, prompts, samples. See cmake/embed.cmake.
#pragma once

#include <span>
#include <string_view>

namespace spreaders {

struct EmbeddedFile {
  std::string_view name;
  std::string_view text;
};
std::span<const EmbeddedFile> embedded_migrations();  // storage/migrations/*.sql, in order
std::span<const EmbeddedFile> embedded_prompts();     // prompts/*.md
std::span<const EmbeddedFile> embedded_samples();     // samples/newsletter.csv

}  // namespace spreaders
