// What events do: who they are about, what they change, which campaign they count for, and what is kept of them.
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "events/outbox.hpp"
#include "services/audience/segments.hpp"
#include "services/audience/test_database.hpp"
#include "services/consent/consent.hpp"
#include "services/events/enrich.hpp"
#include "services/events/record.hpp"

namespace spreaders::services {
namespace {

using audience::both_databases;
using audience::database_name;

class EventsTest : public audience::DatabaseTest {
 protected:
  static IncomingEvent parsed(SequenceIds& ids, Instant now, const std::string& text) {
    Json json = Json::parse(text);
    Issues issues;
    auto event = read_event(json, {.received_at = now}, ids, "", issues);
    EXPECT_TRUE(event) << text << (issues.empty() ? "" : issues[0].pointer + issues[0].message);
    return {event.value_or(Event{}), "key_shop", false, {}};
  }
  // Several events in one transaction, as a group commit has them.
  std::vector<Recorded> say_all(const std::vector<std::string>& texts, bool trusted = false) {
    std::vector<IncomingEvent> events;
    for (const auto& text : texts) {
      events.push_back(parsed(ids, clock.now(), text));
      events.back().trusted = trusted;
    }
    std::vector<const IncomingEvent*> pointers;
    for (const auto& event : events) pointers.push_back(&event);
    return write([&](storage::Tx& tx) {
      return record_events(tx, {tracking, {ids}}, workspace, pointers, clock.now());
    });
  }
  Recorded say(const std::string& text, bool trusted = false) { return say_all({text}, trusted).at(0); }
  std::string contact(const std::string& email) {
    auto found = write([&](storage::Tx& tx) { return audience::find_contact_by_email(tx, workspace, email); });
    return found ? found->id : std::string();
  }
  Json attributes(const std::string& email) {
    auto found = write([&](storage::Tx& tx) { return audience::find_contact_by_email(tx, workspace, email); });
    return found ? Json::parse(found->attributes) : Json();
  }
  audience::Contact person(const std::string& email, std::optional<std::string> external_id = {}) {
    return write([&](storage::Tx& tx) {
             return audience::upsert_contact(tx, workspace, {.email = email, .external_id = std::move(external_id)},
                                             clock.now(), {ids});
           })
        .contact;
  }
  int64_t of(const std::string& contact_id) { return count("event WHERE contact_id = '" + contact_id + "'"); }
  std::string cell(const std::string& column, const std::string& message_id) {
    return write([&](storage::Tx& tx) -> Result<std::string> {
      auto row = TRY(tx.query_one("SELECT " + column + " FROM event WHERE workspace_id = $1 AND message_id = $2",
                                  {workspace, message_id}));
      return row ? (*row)[0].text_or("") : std::string("no such row");
    });
  }
  MessageRef mail_to(const audience::Contact& to, const std::string& campaign) {
    return write([&](storage::Tx& tx) -> Result<MessageRef> {
      events::Intent intent{.idem = campaign + to.id,
                            .campaign_id = campaign,
                            .contact_id = to.id,
                            .channel = "email",
                            .connection_id = "con_1",
                            .address = to.email,
                            .payload = "{}"};
      TRY(events::enqueue(tx, workspace, {&intent, 1}, clock.now(), ids));
      auto row =
          TRY(tx.query_one("SELECT id FROM outbox WHERE workspace_id = $1 AND idem = $2", {workspace, intent.idem}));
      return MessageRef{workspace, (*row)[0].text()};
    });
  }
  void click(const MessageRef& mail) {
    write([&](storage::Tx& tx) { return record_click(tx, mail, "https://shop.example.org/", clock.now(), {ids}); });
  }

  Tracking tracking{Secret("0123456789abcdef0123456789abcdef"), "https://news.example.org"};
};
INSTANTIATE_TEST_SUITE_P(Engines, EventsTest, both_databases(), database_name);

TEST_P(EventsTest, AMessageIsRecordedOnceAndItsFirstWordsStay) {
  auto first =
      say(R"({"type":"identify","messageId":"m1","userId":"u1","traits":{"email":"ana@example.org","plan":"pro"}})");
  EXPECT_TRUE(first.is_new);
  EXPECT_EQ(first.contact_id, contact("ana@example.org"));
  say(R"({"type":"identify","messageId":"m2","userId":"u1","traits":{"plan":"basic"}})");
  auto again = say_all({R"({"type":"identify","messageId":"m1","userId":"u1","traits":{"plan":"pro"}})",
                        R"({"type":"track","event":"e","messageId":"m3","userId":"u1"})",
                        R"({"type":"track","event":"other","messageId":"m3","userId":"u1"})"});
  EXPECT_FALSE(again[0].is_new);
  EXPECT_TRUE(again[1].is_new);
  EXPECT_FALSE(again[2].is_new) << "doubled within one group";
  EXPECT_EQ(attributes("ana@example.org")["plan"], "basic") << "what came late does not undo what is newer";
  EXPECT_EQ(cell("name", "m3"), "e");
  EXPECT_EQ(count("event"), 3);
}

TEST_P(EventsTest, ATimedEventIsToldApartByWhatItSaysAndAnUntimedOneIsNot) {
  const std::string timed = R"({"type":"track","event":"e","userId":"u","timestamp":"2025-11-20T10:00:00Z","sentAt":)";
  EXPECT_TRUE(say(timed + "\"2025-11-20T10:00:01Z\"}").is_new);
  EXPECT_FALSE(say(timed + "\"2025-11-20T10:00:09Z\"}").is_new) << "the same, sent again";
  EXPECT_TRUE(say(R"({"type":"track","event":"e","userId":"u"})").is_new);
  EXPECT_TRUE(say(R"({"type":"track","event":"e","userId":"u"})").is_new) << "nothing tells that it is the same";
}

TEST_P(EventsTest, IdentifyMakesAContactWithItsTraitsAndWithoutConsent) {
  auto done = say(R"({"type":"identify","userId":"u1","context":{"locale":"de-DE","timezone":"Europe/Berlin"},
      "traits":{"email":"Ana@Example.ORG","name":"Ana Maria Lopez","plan":"pro","age":41,"vip":true,"id":"u1",
                "subscribed":true,"address":{"city":"Rome","geo":{"lat":1.5}},"tags":["a"],"created_at":"2020-01-01"}})");
  ASSERT_EQ(done.notes.size(), 2u);
  std::set<std::string> places{done.notes[0].pointer, done.notes[1].pointer};
  EXPECT_EQ(places, (std::set<std::string>{"/traits/tags", "/traits/created_at"}));
  auto found = write([&](storage::Tx& tx) { return audience::find_contact_by_external_id(tx, workspace, "u1"); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->email, "Ana@example.org");
  EXPECT_EQ(found->first_name, "Ana");
  EXPECT_EQ(found->last_name, "Maria Lopez");
  EXPECT_EQ(found->language, "de-DE");
  EXPECT_EQ(found->time_zone, "Europe/Berlin");
  EXPECT_EQ(Json::parse(found->attributes),
            Json::parse(
                R"({"address.city":"Rome","address.geo.lat":1.5,"age":41,"plan":"pro","subscribed":true,"vip":true})"));
  EXPECT_EQ(count("consent"), 0) << "whatever a trait says";
}

TEST_P(EventsTest, AnOptOutIsNeverUndone) {
  auto ana = person("ana@example.org", "u1");
  write([&](storage::Tx& tx) {
    return consent::unsubscribe(tx, workspace, {.who = {ana.id, ana.email}, .source = "link"}, clock.now(), {ids});
  });
  for (bool trusted : {false, true}) {
    say(R"({"type":"identify","userId":"u1","traits":{"email":"ana@example.org","subscribed":true,"unsubscribed":false,
        "consent":"opted_in"}})",
        trusted);
    say(R"({"type":"track","event":"Subscribed","userId":"u1"})", trusted);
  }
  say(R"({"type":"identify","userId":"u1","traits":{"email":"ana@example.com"}})", true);
  auto state = write([&](storage::Tx& tx) {
    return consent::may_send(tx, workspace, "email", {ana.id, "ana@example.com"});
  });
  EXPECT_EQ(state.reason, "opted_out") << "also at a new address";
  EXPECT_EQ(contact("ana@example.com"), ana.id);
}

TEST_P(EventsTest, WhatIsSaidBeforeThereIsAnAddressWaitsForIt) {
  say(R"({"type":"identify","anonymousId":"a1","traits":{"color":"red","size":"M"}})");
  say(R"({"type":"track","event":"Viewed","anonymousId":"a1"})");
  say(R"({"type":"identify","userId":"u1","anonymousId":"a1","traits":{"size":"L"}})");
  say(R"({"type":"track","event":"Added","userId":"u1"})");
  EXPECT_EQ(count("contact"), 0);
  auto done = say_all({R"({"type":"track","event":"Paid","anonymousId":"a1"})",
                       R"({"type":"identify","userId":"u1","traits":{"email":"ana@example.org"}})",
                       R"({"type":"track","event":"Left","anonymousId":"a1"})"});
  std::string ana = contact("ana@example.org");
  EXPECT_EQ(attributes("ana@example.org"), Json::parse(R"({"color":"red","size":"L"})"));
  for (const auto& one : done) EXPECT_EQ(one.contact_id, ana);
  EXPECT_EQ(of(ana), 7) << "all that they did, from the first page on";
  EXPECT_EQ(count("identity WHERE traits <> '{}'"), 0);
}

TEST_P(EventsTest, WhatSomebodySaidBeforeTheySignedInIsTheirs) {
  auto ana = person("ana@example.org", "u1");
  auto bo = person("bo@example.org", "u2");
  say(R"({"type":"identify","anonymousId":"a1","traits":{"color":"red"}})");
  say(R"({"type":"identify","anonymousId":"a2","traits":{"color":"blue"}})");
  say(R"({"type":"track","event":"Signed In","userId":"u1","anonymousId":"a1"})");
  say(R"({"type":"alias","previousId":"a2","userId":"u2"})");
  EXPECT_EQ(attributes("ana@example.org"), Json::parse(R"({"color":"red"})"));
  EXPECT_EQ(attributes("bo@example.org"), Json::parse(R"({"color":"blue"})"));
  EXPECT_EQ(of(ana.id), 2);
  EXPECT_EQ(of(bo.id), 2);
  EXPECT_EQ(count("identity WHERE traits <> '{}'"), 0);
}

TEST_P(EventsTest, SeveralWordsOfOneGroupAboutSomebodyNewAllCount) {
  say_all({R"({"type":"identify","userId":"u1","traits":{"email":"ana@example.org","a":1}})",
           R"({"type":"identify","userId":"u1","traits":{"b":2}})",
           R"({"type":"identify","anonymousId":"x","traits":{"email":"bo@example.org","a":1}})",
           R"({"type":"identify","anonymousId":"x","traits":{"b":2}})",
           R"({"type":"identify","userId":"cy@example.org","traits":{"a":1}})",
           R"({"type":"identify","userId":"cy@example.org","traits":{"b":2}})"});
  for (const char* email : {"ana@example.org", "bo@example.org", "cy@example.org"})
    EXPECT_EQ(attributes(email), Json::parse(R"({"a":1,"b":2})")) << email;
  EXPECT_EQ(count("contact"), 3);
  EXPECT_EQ(count("contact WHERE external_id IS NOT NULL"), 1) << "an address is no id of another system";
}

TEST_P(EventsTest, AUserIsFoundByIdByAddressAndByOurOwnId) {
  auto ana = person("ana@example.org", "u1");
  for (const std::string& id : {std::string("u1"), std::string("ana@EXAMPLE.org"), ana.id})
    EXPECT_EQ(say(R"({"type":"track","event":"e","userId":")" + id + "\"}").contact_id, ana.id) << id;
  EXPECT_EQ(say(R"({"type":"track","event":"e","userId":"u2"})").contact_id, "");
  EXPECT_EQ(say(R"({"type":"identify","userId":")" + ana.id + R"(","traits":{"x":1}})").contact_id, ana.id);
  EXPECT_EQ(attributes("ana@example.org"), Json::parse(R"({"x":1})"));
  EXPECT_EQ(count("contact"), 1);
}

TEST_P(EventsTest, OnlyAServiceMovesAPersonToAnotherAddressOrId) {
  person("ana@example.org", "u1");
  auto kept = say(R"({"type":"identify","userId":"u1","traits":{"email":"other@example.org","a":1}})");
  ASSERT_EQ(kept.notes.size(), 1u);
  EXPECT_EQ(kept.notes[0].pointer, "/traits/email");
  EXPECT_EQ(attributes("ana@example.org"), Json::parse(R"({"a":1})")) << "the rest applies";
  auto other_id = say(R"({"type":"identify","userId":"u2","traits":{"email":"ana@example.org","b":2}})");
  ASSERT_EQ(other_id.notes.size(), 1u);
  EXPECT_EQ(other_id.notes[0].pointer, "/userId");
  EXPECT_EQ(count("contact WHERE external_id = 'u1' AND email = 'ana@example.org'"), 1);
  EXPECT_TRUE(say(R"({"type":"identify","userId":"u1","traits":{"email":"new@example.org"}})", true).notes.empty());
  EXPECT_EQ(count("contact WHERE external_id = 'u1' AND email = 'new@example.org'"), 1);
  // Somebody who was imported without an id gets both in one go.
  auto bo = person("bo@example.org");
  say(R"({"type":"identify","userId":"u3","traits":{"email":"bo@example.org"}})", true);
  say(R"({"type":"identify","userId":"u3","traits":{"email":"bo@example.com"}})", true);
  EXPECT_EQ(contact("bo@example.com"), bo.id);
  EXPECT_EQ(count("contact"), 2);
}

TEST_P(EventsTest, AnAddressOfSomebodyElseIsNotTaken) {
  person("ana@example.org", "u1");
  person("bo@example.org", "u2");
  for (bool trusted : {false, true}) {
    auto done = say(R"({"type":"identify","userId":"u1","traits":{"email":"bo@example.org","a":1}})", trusted);
    EXPECT_FALSE(done.notes.empty());
    EXPECT_TRUE(done.is_new) << "the event is kept";
  }
  EXPECT_EQ(count("contact WHERE external_id = 'u1' AND email = 'ana@example.org'"), 1);
  EXPECT_EQ(count("contact WHERE external_id = 'u2' AND email = 'bo@example.org'"), 1);
}

TEST_P(EventsTest, AnAliasJoinsWhatSomebodyDidBefore) {
  auto ana = person("ana@example.org", "u1");
  say_all({R"({"type":"track","event":"Viewed","anonymousId":"a1"})",
           R"({"type":"identify","anonymousId":"a1","traits":{"color":"red"}})"});
  EXPECT_EQ(say(R"({"type":"alias","previousId":"a1","userId":"u1"})").contact_id, ana.id);
  EXPECT_EQ(of(ana.id), 3);
  EXPECT_EQ(say(R"({"type":"track","event":"Later","anonymousId":"a1"})").contact_id, ana.id);
  // A new id for a known person, before anybody has seen it.
  EXPECT_EQ(say(R"({"type":"alias","previousId":"u1","userId":"u1b"})").contact_id, ana.id);
  EXPECT_EQ(say(R"({"type":"track","event":"Later","userId":"u1b"})").contact_id, ana.id);
  // Both unknown yet: the address that one gets is the other's too.
  say(R"({"type":"track","event":"Old","userId":"old"})");
  say(R"({"type":"alias","previousId":"old","userId":"new"})");
  say(R"({"type":"identify","userId":"new","traits":{"email":"bo@example.org"}})");
  EXPECT_EQ(of(contact("bo@example.org")), 3);
  EXPECT_EQ(say(R"({"type":"track","event":"Late","userId":"old"})").contact_id, contact("bo@example.org"));
}

TEST_P(EventsTest, TwoPeopleWithAddressesStayTwo) {
  auto ana = person("ana@example.org", "u1");
  auto bo = person("bo@example.org", "u2");
  auto done = say(R"({"type":"alias","previousId":"u1","userId":"u2"})");
  ASSERT_EQ(done.notes.size(), 1u);
  EXPECT_EQ(done.notes[0].pointer, "/previousId");
  EXPECT_EQ(say(R"({"type":"track","event":"e","userId":"u1"})").contact_id, ana.id);
  EXPECT_EQ(say(R"({"type":"track","event":"e","userId":"u2"})").contact_id, bo.id);
}

TEST_P(EventsTest, AnotherUserOfTheSameDeviceDoesNotGetTheFirstOnesEvents) {
  auto ana = person("ana@example.org", "u1");
  auto bo = person("bo@example.org", "u2");
  say(R"({"type":"track","event":"e1","anonymousId":"tv"})");
  say(R"({"type":"identify","userId":"u1","anonymousId":"tv"})");
  say(R"({"type":"track","event":"e2","anonymousId":"tv"})");
  say(R"({"type":"identify","userId":"u2","anonymousId":"tv"})");
  say(R"({"type":"track","event":"e3","anonymousId":"tv"})");
  EXPECT_EQ(of(ana.id), 3);
  EXPECT_EQ(of(bo.id), 2);
  EXPECT_EQ(say(R"({"type":"track","event":"e4","userId":"u3","anonymousId":"tv"})").contact_id, "")
      << "the user's id says who it is, and nobody knows this one";
}

TEST_P(EventsTest, AnOrderCountsForTheCampaignClickedLastWithinAWeek) {
  auto ana = person("ana@example.org", "u1");
  auto first = mail_to(ana, "cmp_1"), second = mail_to(ana, "cmp_2");
  say(R"({"type":"track","event":"Order Completed","userId":"u1","messageId":"before"})");
  click(first);
  clock.move_to(clock.now() + kDay_us);
  click(second);
  say(R"({"type":"track","event":"Order Completed","userId":"u1","messageId":"after","timestamp":")" +
      to_text(clock.now()) + "\"}");
  say(R"({"type":"track","event":"Order Completed","userId":"u1","messageId":"between","timestamp":")" +
      to_text(clock.now() - kHour_us) + "\"}");
  say(R"({"type":"page","name":"Home","userId":"u1","messageId":"page"})");
  for (const char* own : {"Email Opened", "Email Clicked", "Unsubscribed"})
    say(std::string(R"({"type":"track","userId":"u1","event":")") + own + "\",\"messageId\":\"" + own + "\"}");
  clock.move_to(clock.now() + 7 * kDay_us + 1);
  say(R"({"type":"track","event":"Order Completed","userId":"u1","messageId":"late"})");
  EXPECT_EQ(cell("campaign_id", "before"), "");
  EXPECT_EQ(cell("campaign_id", "after"), "cmp_2");
  EXPECT_EQ(cell("outbox_id", "after"), second.outbox_id);
  EXPECT_EQ(cell("campaign_id", "between"), "cmp_1");
  EXPECT_EQ(cell("campaign_id", "late"), "");
  for (const char* other : {"page", "Email Opened", "Email Clicked", "Unsubscribed"})
    EXPECT_EQ(cell("campaign_id", other), "") << other;
}

TEST_P(EventsTest, TheLandingLinkLeadsToItsMessageAndIsNotKept) {
  auto ana = person("ana@example.org");
  auto mail = mail_to(ana, "cmp_1");
  std::string token = make_token(tracking, TokenKind::kSession, mail);
  auto with = [&](const std::string& id, const std::string& said) {
    say(R"({"type":"track","event":"Order Completed","anonymousId":"a","messageId":")" + id +
        R"(","context":{"spreaders":{"token":")" + said + R"("}}})");
  };
  with("good", token);
  with("forged", token.substr(0, token.size() - 1) + (token.back() == 'A' ? "B" : "A"));
  EXPECT_EQ(cell("campaign_id", "good"), "cmp_1");
  EXPECT_EQ(cell("contact_id", "good"), ana.id);
  EXPECT_EQ(cell("campaign_id", "forged"), "");
  EXPECT_EQ(cell("contact_id", "forged"), "");
  EXPECT_EQ(cell("context", "good").find(token), std::string::npos);
}

TEST_P(EventsTest, AnEventCarriesTheDeviceTheCampaignTheProfileAndTheSegments) {
  auto ana = person("ana@example.org", "u1");
  auto made = [&](const std::string& name, const std::string& rule) {
    return write([&](storage::Tx& tx) -> Result<std::string> {
      return TRY(audience::create_segment(tx, workspace, name, TRY(audience::parse_rule_text(rule)), clock.now(), ids))
          .id;
    });
  };
  std::string romans = made("Romans", "city = \"Rome\""), buyers = made("Buyers", "did \"Paid\" at least 1 times");
  say(R"({"type":"identify","userId":"u1","traits":{"city":"Rome","language":"it"}})");
  say(R"({"type":"track","event":"Paid","userId":"u1","messageId":"m1","context":{"ip":"192.0.2.1",
      "userAgent":"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 Version/17.0 Mobile/15E148 Safari/604.1",
      "page":{"url":"https://shop.example.org/?utm_source=news&utm_campaign=autumn%20sale#x"}}})");
  say(R"({"type":"track","event":"Again","userId":"u1","messageId":"m2"})");
  Json context = Json::parse(cell("context", "m1"));
  EXPECT_EQ(context["ip"], "192.0.2.1") << "what was sent is kept";
  EXPECT_EQ(context["spreaders"]["device"], Json::parse(R"({"kind":"mobile","os":"iOS","browser":"Safari"})"));
  EXPECT_EQ(context["spreaders"]["campaign"], Json::parse(R"({"source":"news","name":"autumn sale"})"));
  EXPECT_EQ(context["spreaders"]["profile"]["language"], "it");
  EXPECT_EQ(context["spreaders"]["segments"], Json::array({romans})) << "as it was before";
  Json later = Json::parse(cell("context", "m2"));
  EXPECT_EQ(later["spreaders"]["segments"].size(), 2u) << later.dump() << buyers;
}

TEST_P(EventsTest, WhoIsDeletedLeavesFiguresAndNoName) {
  say_all(
      {R"({"type":"identify","userId":"u1","anonymousId":"a1","messageId":"i","traits":{"email":"ana@example.org","city":"Rome"}})",
       R"({"type":"track","event":"Order Completed","userId":"u1","anonymousId":"a1","messageId":"t","properties":{"revenue":89},
           "context":{"ip":"192.0.2.1"}})"});
  std::string ana = contact("ana@example.org");
  EXPECT_TRUE(write([&](storage::Tx& tx) { return audience::delete_contact(tx, workspace, ana); }));
  EXPECT_EQ(count("identity"), 0);
  EXPECT_EQ(count("event WHERE contact_id IS NOT NULL OR user_id IS NOT NULL OR anonymous_id IS NOT NULL"), 0);
  EXPECT_EQ(cell("properties", "i"), "{}");
  EXPECT_EQ(cell("context", "t"), "{}");
  EXPECT_EQ(cell("properties", "t"), R"({"revenue":89})");
}

TEST_P(EventsTest, AThousandPeopleInOneGroupAreAllKept) {
  std::vector<std::string> texts;
  for (int i = 0; i < 1200; ++i) {
    std::string n = std::to_string(i);
    texts.push_back(R"({"type":"identify","userId":"u)" + n + R"(","anonymousId":"a)" + n +
                    R"(","traits":{"email":"p)" + n + R"(@example.org"}})");
    texts.push_back(R"({"type":"track","event":"Paid","anonymousId":"a)" + n + R"("})");
  }
  auto done = say_all(texts);
  EXPECT_TRUE(
      std::all_of(done.begin(), done.end(), [](const Recorded& one) { return one.is_new && !one.contact_id.empty(); }));
  EXPECT_EQ(count("contact"), 1200);
  EXPECT_EQ(count("event WHERE contact_id IS NOT NULL"), 2400);
}

TEST(EventTime, TheSendersClockMayBeWrong) {
  const Instant received{1'000'000'000'000'000};
  EXPECT_EQ(event_time({}, {}, received), received);
  EXPECT_EQ(event_time(received - kHour_us, {}, received), received - kHour_us);
  EXPECT_EQ(event_time(received + kHour_us, {}, received), received) << "never later than it came";
  // A clock that is a day ahead said it ten seconds before it sent it.
  EXPECT_EQ(event_time(received + kDay_us - 10 * kSecond_us, received + kDay_us, received), received - 10 * kSecond_us);
  EXPECT_EQ(event_time(received - kDay_us - 10 * kSecond_us, received - kDay_us, received), received - 10 * kSecond_us);
  EXPECT_EQ(event_time(received + kSecond_us, received, received), received) << "said after it was sent";
}

TEST(EventEnrichment, DevicesAreToldByWhatTheySay) {
  auto device = [](const std::string& context, const std::string& agent = "") {
    return device_of(Json::parse(context), agent).dump();
  };
  EXPECT_EQ(device("{}"), "{}");
  EXPECT_EQ(device("{}", "analytics-node-next/latest"), "{}");
  EXPECT_EQ(device("{}", "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0"),
            R"({"kind":"desktop","os":"Windows","browser":"Edge"})");
  EXPECT_EQ(device(R"({"device":{"type":"ios","model":"iPhone15,2"},"os":{"name":"iOS"}})"),
            R"({"kind":"mobile","os":"iOS","model":"iPhone15,2"})");
  EXPECT_EQ(device(R"({"device":7,"os":[],"userAgent":{}})", "Mozilla/5.0 (iPad; CPU OS 17) Safari/604.1"),
            R"({"kind":"tablet","os":"iOS","browser":"Safari"})");
  EXPECT_EQ(campaign_of(Json::parse(R"({"campaign":{"name":"a","source":"b","x":"c"}})")).dump(),
            R"({"source":"b","name":"a"})");
  EXPECT_EQ(campaign_of(Json::parse(R"({"page":{"search":"?x=1&utm_term=a%26b&not_utm_source=z"}})")).dump(),
            R"({"term":"a&b"})");
}

}  // namespace
}  // namespace spreaders::services
