// A stream of an HTTP answer that keeps what it was given, for the fuzz targets of this directory.
#pragma once

#include <string>
#include <string_view>

#include "mcp-server/transport/http/server.hpp"

namespace spreaders::fuzz {

struct Stream final : HttpStream {
  bool push(std::string_view more) override {
    if (shut) return false;
    text += more;
    return true;
  }
  void close() override { shut = true; }
  [[nodiscard]] bool closed() const override { return shut; }
  std::string text;
  bool shut = false;
};

}  // namespace spreaders::fuzz
