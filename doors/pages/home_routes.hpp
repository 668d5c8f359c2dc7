// GET /: says in plain words what answers here and where things are; every other unknown address gets a 404 page.
#pragma once

#include <string>
#include <vector>

#include "doors/pages/route.hpp"

namespace spreaders::doors {

struct HomeLink {
  std::string title;
  std::string url;  // http, https or a path on this server
};

struct Home {
  std::string version;
  std::string mcp_url;               // http://127.0.0.1:8080/mcp
  std::string mailbox_url = {};      // the sandbox's mailbox page, when it runs
  std::vector<HomeLink> links = {};  // documentation
};

std::vector<Route> home_routes(Home home);

}  // namespace spreaders::doors
