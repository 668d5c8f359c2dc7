// & < > " ' as entities, the way the escape filter writes them.
#pragma once

#include <string>
#include <string_view>

namespace spreaders::liquid {

void append_escaped(std::string& out, std::string_view text);

}  // namespace spreaders::liquid
