// The sandbox as the product meets it: mails in by SMTP, pages and readers out by HTTP, and a double of the product's
// own doors (tracking, ingest) made of net::HttpServer.
#include "sandbox/world.hpp"

#include <gtest/gtest.h>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "core/bytes.hpp"
#include "core/json.hpp"
#include "net/http_client.hpp"
#include "sandbox/mailbox.hpp"
#include "sandbox/mime.hpp"
#include "sandbox/smtp_session.hpp"

namespace spreaders::sandbox {
namespace {

// Tracking and ingest of the product, as far as readers see them.
struct Product {
  std::mutex mutex;
  std::vector<std::string> log;
  std::vector<Json> events;
  std::string shop_url;
  int ingest_status = 200;
  std::unique_ptr<net::HttpServer> server;

  void start() {
    std::vector<net::Route> routes;
    routes.push_back({"GET", "/o/{t}", [this](const net::Request& request) {
                        note("open " + request.captures[0]);
                        return net::text_response(200, "");
                      }});
    routes.push_back(
        {"GET", "/c/{t}", [this](const net::Request& request) {
           note("click " + request.captures[0]);
           return net::Response{.status = 302, .headers = {{"Location", shop_url + "?sp=" + request.captures[0]}}};
         }});
    routes.push_back({"POST", "/u/{t}", [this](const net::Request& request) {
                        note("leave " + request.captures[0] + " " + request.body);
                        return net::text_response(200, "");
                      }});
    routes.push_back({"POST", "/v1/track", [this](const net::Request& request) {
                        note("track " + std::string(request.header("authorization")));
                        const std::lock_guard lock(mutex);
                        events.push_back(*parse_json(request.body));
                        return net::json_response(ingest_status, "{}");
                      }});
    server = std::move(*net::HttpServer::start(std::move(routes), {}));
  }
  void note(std::string line) {
    const std::lock_guard lock(mutex);
    log.push_back(std::move(line));
  }
  [[nodiscard]] std::string base() const { return "http://127.0.0.1:" + std::to_string(server->port()); }
  [[nodiscard]] size_t count(std::string_view prefix) {
    const std::lock_guard lock(mutex);
    return static_cast<size_t>(
        std::count_if(log.begin(), log.end(), [&](const auto& line) { return line.starts_with(prefix); }));
  }
};

// A campaign mail as the product composes it, with everything on loopback but one link and one image.
std::string campaign_mail(const std::string& base, int n, const std::string& run = "") {
  const std::string token = "t" + std::to_string(n);
  return "Message-ID: <m" + std::to_string(n) + run + "@shop.example>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n" +
         "From: Shop <hello@shop.example>\r\nList-Unsubscribe: <https://shop.example/u/" + token + ">, <" + base +
         "/u/" + token + ">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nContent-Type: text/html\r\n\r\n" +
         "<p>Hi</p><a href=\"https://shop.example/\">elsewhere</a><a href=\"" + base + "/c/" + token +
         "\">Buy</a><a href=\"" + base + "/u/" + token +
         "\">Unsubscribe</a><img src=\"https://shop.example/logo.png\"><img src=\"" + base + "/o/" + token + "\">\r\n";
}

struct Campaign {
  VirtualClock clock{Instant{1'700'000'000'000'000}};
  MailStore& store;
  std::string run = {};  // part of the Message-IDs
  explicit Campaign(MailStore& to) : store(to) {}
  void send(const Product& product, int from, int to, int step = 1) {
    for (int n = from; n != to; n += step) {
      store.add({.accepted_at = clock.now(), .recipients = {"r" + std::to_string(n) + "@mail.example"}},
                campaign_mail(product.base(), n, run));
    }
  }
};

size_t run(Readers& readers) {
  size_t done = 0;
  while (const auto due = readers.next_due()) done += readers.act(*due);
  return done;
}

TEST(Readers, KeepTheirRatesAndOrderThroughTheShop) {
  Product product;
  product.start();
  const auto world = std::move(*World::start({}));
  product.shop_url = world->http_base() + "/shop";
  world->set_ingest(product.base(), Secret("wk"));
  const auto store = std::move(*MailStore::open({}));
  Campaign campaign(*store);
  campaign.send(product, 0, 2000);
  Readers readers(*store, {});
  run(readers);
  const ReaderCounts counts = readers.counts();
  EXPECT_NEAR(840, static_cast<double>(counts.opens), 90);
  EXPECT_NEAR(180, static_cast<double>(counts.clicks), 50);
  EXPECT_NEAR(90, static_cast<double>(counts.orders), 35);
  EXPECT_NEAR(8, static_cast<double>(counts.unsubscribes), 8);
  EXPECT_GT(counts.unsubscribes, 0U);
  EXPECT_EQ(0U, counts.impossible);
  EXPECT_EQ(0U, counts.failed);
  EXPECT_EQ(counts.opens, product.count("open "));
  EXPECT_EQ(counts.clicks, product.count("click "));
  EXPECT_EQ(counts.orders, product.count("track Basic " + base64("wk:")));
  EXPECT_EQ(counts.unsubscribes, product.count("leave "));
  ASSERT_FALSE(product.events.empty());
  const Json& event = product.events.front();
  EXPECT_EQ("Order Completed", event["event"].get<std::string>());
  EXPECT_EQ(49.0, event["properties"]["revenue"].get<double>());
  EXPECT_EQ("USD", event["properties"]["currency"].get<std::string>());
  const std::string token = event["context"]["spreaders"]["token"].get<std::string>();
  EXPECT_EQ(token, event["anonymousId"].get<std::string>());
  EXPECT_EQ(1U, product.count("click " + token));
}

TEST(Readers, ActTheSameWhateverTheOrderOfArrivalAndTheMessageIds) {
  std::set<std::string> lines[3];
  for (const size_t round : {0, 1, 2}) {
    Product product;
    product.start();
    product.shop_url = product.base() + "/none";
    const auto store = std::move(*MailStore::open({}));
    Campaign campaign(*store);
    campaign.run = "." + std::to_string(round);
    if (round == 1) campaign.send(product, 299, -1, -1);
    else campaign.send(product, 0, 300);
    Readers readers(*store, {.seed = round == 2 ? 8U : 7U});
    run(readers);
    lines[round] = {product.log.begin(), product.log.end()};
  }
  EXPECT_FALSE(lines[0].empty());
  EXPECT_EQ(lines[0], lines[1]);
  EXPECT_NE(lines[0], lines[2]) << "another seed is another crowd";
}

TEST(Readers, ActOnlyWhenDueAndSpreadOverDays) {
  Product product;
  product.start();
  const auto store = std::move(*MailStore::open({}));
  Campaign campaign(*store);
  campaign.send(product, 0, 1000);
  Readers readers(*store, {.rates = {.open = 1, .click = 0, .order = 0, .unsubscribe = 0}});
  const Instant sent = campaign.clock.now();
  EXPECT_EQ(0U, readers.act(sent));
  EXPECT_GT(*readers.next_due(), sent);
  const size_t soon = readers.act(sent + 150 * kMinute_us);
  EXPECT_NEAR(500, static_cast<double>(soon), 70) << "half of them within the median of 2.5 hours";
  EXPECT_GT(readers.act(sent + 24 * kHour_us), 300U);
  EXPECT_GT(readers.act(sent + 120 * kHour_us), 5U) << "the long tail";
  EXPECT_FALSE(readers.next_due().has_value());
}

TEST(Readers, TryAgainAndThenGiveUp) {
  Product product;
  product.start();
  const auto store = std::move(*MailStore::open({}));
  Campaign campaign(*store);
  campaign.send(product, 0, 10);
  product.server->stop();
  Readers readers(*store, {.rates = {.open = 1, .click = 0, .order = 0, .unsubscribe = 0}});
  EXPECT_EQ(30U, run(readers));
  EXPECT_EQ(10U, readers.counts().failed);
}

TEST(Readers, TasteFollowsTheSubject) {
  Product product;
  product.start();
  const auto store = std::move(*MailStore::open({}));
  Campaign campaign(*store);
  campaign.send(product, 0, 50);
  Readers readers(*store, {.tastes = {{.subject_holds = "Grüße", .rates = {.open = 0}}}});
  EXPECT_FALSE(readers.next_due().has_value());
  EXPECT_EQ(50U, readers.counts().mails);
}

HttpResponse get(const World& world, const std::string& path) {
  net::LoopbackClient client;
  HttpRequest request;
  request.url = world.http_base() + path;
  auto response = client.send(request);
  EXPECT_TRUE(response.ok()) << path;
  return response.ok() ? *response : HttpResponse{};
}

HttpResponse post(const World& world, const std::string& path, const std::string& body) {
  net::LoopbackClient client;
  HttpRequest request;
  request.method = "POST";
  request.url = world.http_base() + path;
  request.body = body;
  return *client.send(request);
}

// Sends one mail the way a sender does, by bytes: the SMTP session is tested apart.
void deliver(World& world, const std::string& recipient, const std::string& mail) {
  SmtpOptions options;
  SmtpHost host{.store = const_cast<MailStore&>(world.mails()),
                .clock = system_clock(),
                .options = options,
                .faults = {},
                .rng = Rng(1)};
  SmtpSession session(host);
  session.receive("EHLO me\r\nMAIL FROM:<b@shop.example>\r\nRCPT TO:<" + recipient + ">\r\nDATA\r\n" + mail + ".\r\n");
}

bool holds(const HttpResponse& response, std::string_view text) {
  return response.body.find(text) != std::string::npos;
}

TEST(World, ShowsMailsAndAnswersLookups) {
  const auto world = std::move(*World::start({}));
  EXPECT_TRUE(holds(get(*world, "/"), "No mail yet"));
  deliver(*world, "ann@mail.example", campaign_mail("http://127.0.0.1:9", 1));
  deliver(*world, "ann@mail.example", campaign_mail("http://127.0.0.1:9", 1));
  deliver(*world, "b&c@mail.example", "Subject: <script>alert(1)</script>\r\n\r\n<b>\r\n");
  const HttpResponse list = get(*world, "/");
  EXPECT_TRUE(holds(list, "3 mails") && holds(list, "Grüße") && holds(list, "arrived 2 times"));
  EXPECT_TRUE(holds(list, "nothing left this"));
  EXPECT_FALSE(holds(list, "<script>")) << "mails are text until proven otherwise";
  EXPECT_TRUE(holds(get(*world, "/?to=ANN"), "2 mails"));
  EXPECT_TRUE(holds(get(*world, "/?to=nobody"), "No recipient matches"));
  EXPECT_TRUE(holds(get(*world, "/mail/0"), "<iframe"));
  const HttpResponse html = get(*world, "/mail/0/html");
  EXPECT_TRUE(holds(html, "<base target=\"_blank\"><p>Hi</p>"));
  EXPECT_NE(std::string_view::npos,
            html.header("content-security-policy").find("default-src 'none'; img-src http://127.0.0.1:*"));
  EXPECT_NE(std::string_view::npos, html.header("content-security-policy").find("; sandbox "));
  EXPECT_TRUE(holds(get(*world, "/mail/0/raw"), "List-Unsubscribe-Post"));
  for (const char* path : {"/mail/9", "/mail/-1", "/mail/1x", "/mail/99999999999999999999"}) {
    EXPECT_EQ(404, get(*world, path).status) << path;
  }
  EXPECT_EQ(R"({"message_id":"<m1@shop.example>","count":2})",
            get(*world, "/lookup?message_id=%3Cm1@shop.example%3E").body);
  EXPECT_TRUE(holds(get(*world, "/lookup?message_id=none"), "\"count\":0"));
  EXPECT_EQ(400, get(*world, "/lookup").status);
  const auto stats = parse_json(get(*world, "/stats").body);
  ASSERT_TRUE(stats.ok());
  EXPECT_EQ(3, (*stats)["mails"].get<int>());
  EXPECT_EQ(1, (*stats)["doubled"].get<int>());
}

TEST(World, PagesTheList) {
  const auto world = std::move(*World::start({}));
  for (int i = 0; i < 60; ++i) deliver(*world, "r" + std::to_string(i) + "@mail.example", "Subject: s\r\n\r\nx\r\n");
  const HttpResponse first = get(*world, "/");
  EXPECT_TRUE(holds(first, "60 mails") && holds(first, "r59@") && !holds(first, "r9@") && holds(first, "Older"));
  const HttpResponse second = get(*world, "/?page=1");
  EXPECT_TRUE(holds(second, "60 mails") && holds(second, "r9@") && !holds(second, "r10@") && !holds(second, "Older"));
}

TEST(World, OneOrderFormIsOneOrder) {
  Product product;
  product.start();
  const auto world = std::move(*World::start({}));
  const auto forms = find_forms(get(*world, "/shop?sp=%3Ctok%3E&utm_source=x").body);
  ASSERT_EQ(1U, forms.size());
  const std::string form = net::to_form(forms[0].fields);
  const HttpResponse nowhere = post(*world, "/shop/order", form);
  EXPECT_EQ(503, nowhere.status);
  EXPECT_TRUE(holds(nowhere, "The order was not placed"));
  world->set_ingest(product.base() + "/", Secret("wk"));
  product.ingest_status = 401;
  EXPECT_EQ(502, post(*world, "/shop/order", form).status);
  product.ingest_status = 200;
  EXPECT_EQ(200, post(*world, "/shop/order", form).status);
  EXPECT_TRUE(holds(post(*world, "/shop/order", form), "it counts once"));
  ASSERT_EQ(2U, product.events.size());
  EXPECT_EQ(product.events[0]["messageId"], product.events[1]["messageId"]);
  EXPECT_EQ("<tok>", product.events[1]["context"]["spreaders"]["token"].get<std::string>());
  EXPECT_EQ(400, post(*world, "/shop/order", "message_id=order-1&sp=").status);
  world->set_ingest("http://192.0.2.1", Secret("wk"));
  EXPECT_EQ(502, post(*world, "/shop/order", net::to_form(find_forms(get(*world, "/shop").body)[0].fields)).status);
  const std::string stats = world->stats();
  EXPECT_NE(std::string::npos, stats.find(R"("shop":{"orders":1,"failed_orders":3})")) << stats;
  EXPECT_EQ(std::string::npos, stats.find("wk"));
}

TEST(World, NeedsItsPortsAndItsJournal) {
  const auto world = std::move(*World::start({}));
  WorldOptions taken;
  taken.smtp.port = world->smtp_port();
  EXPECT_EQ(Code::kUnavailable, World::start(std::move(taken)).error().code);
  WorldOptions bad;
  bad.mails.journal_path = "/nonexistent/journal";
  EXPECT_EQ(Code::kUnavailable, World::start(std::move(bad)).error().code);
  world->stop();
  world->stop();
}

}  // namespace
}  // namespace spreaders::sandbox
