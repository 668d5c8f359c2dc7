#include <gtest/gtest.h>

#include "integrations/genai/models.hpp"
#include "integrations/http/curl_client.hpp"
#include "integrations/http/testing/scripted_server.hpp"

namespace spreaders::genai {
namespace {

using spreaders::testing::Reply;
using spreaders::testing::ScriptedServer;
using spreaders::testing::Seen;

struct Harness {
  explicit Harness(std::function<Reply(const Seen&)> script) : server(std::move(script)) {
    options.base_url = server.url("/v1");
    options.api_key = Secret("sk-test-key");
    options.wait = [this](int64_t ms) { waits.push_back(ms); };
  }
  Result<Transcript> transcribe(std::string_view name, std::string_view audio, std::string_view language = "") {
    return (*make_transcriber(http, options))->transcribe(name, audio, language);
  }
  ScriptedServer server;
  CurlClient http;
  TranscriberOptions options;
  std::vector<int64_t> waits;
};

const std::string kOgg = std::string("OggS\0\0\0", 7) + "--spreaders-form-0\r\n\r\nrest";

TEST(Transcriber, SendsAFormAndReadsTheTranscript) {
  Harness rig([](const Seen&) {
    return Reply::json(
        200, R"({"task":"transcribe","language":"german","duration":2.5,"text":" Sende die Mail. ","segments":[]})");
  });
  const auto transcript = rig.transcribe("voice.exe.mp3", kOgg, "de");
  ASSERT_TRUE(transcript.ok()) << transcript.error().text();
  EXPECT_EQ(transcript->text, "Sende die Mail.");
  EXPECT_EQ(transcript->language, "de");
  EXPECT_EQ(transcript->duration_s, 2.5);
  const auto seen = rig.server.seen().at(0);
  EXPECT_EQ(seen.line, "POST /v1/audio/transcriptions HTTP/1.1");
  EXPECT_EQ(seen.header("authorization"), "Bearer sk-test-key");
  EXPECT_EQ(seen.header("content-type"), "multipart/form-data; boundary=spreaders-form-1") << "0 occurs in the audio";
  EXPECT_EQ(seen.body,
            "--spreaders-form-1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n"
            "--spreaders-form-1\r\nContent-Disposition: form-data; name=\"response_format\"\r\n\r\nverbose_json\r\n"
            "--spreaders-form-1\r\nContent-Disposition: form-data; name=\"language\"\r\n\r\nde\r\n"
            "--spreaders-form-1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"audio.ogg\"\r\n"
            "Content-Type: audio/ogg\r\n\r\n" +
                kOgg + "\r\n--spreaders-form-1--\r\n");
}

TEST(Transcriber, TellsContainersByTheirBytes) {
  EXPECT_EQ(sniff_audio("fLaC...."), "flac");
  EXPECT_EQ(sniff_audio("OggS"), "ogg");
  EXPECT_EQ(sniff_audio(std::string_view("RIFF\0\0\0\0WAVEfmt ", 16)), "wav");
  EXPECT_EQ(sniff_audio(std::string_view("RIFF\0\0\0\0AVI LIST", 16)), "");
  EXPECT_EQ(sniff_audio("\x1A\x45\xDF\xA3"), "webm");
  EXPECT_EQ(sniff_audio(std::string_view("\0\0\0\x20"
                                         "ftypM4A ",
                                         12)),
            "mp4");
  EXPECT_EQ(sniff_audio("ID3\x04"), "mp3");
  EXPECT_EQ(sniff_audio("\xFF\xFB\x90\x64"), "mp3");
  for (const auto& bytes :
       {std::string_view(""), std::string_view("\xFF\xFF\xFF"), std::string_view("\xFF\xD8\xFF\xE0"),
        std::string_view("MZ\x90\0", 4), std::string_view("<html>......"), std::string_view("\xFF\xF0\x00\x00", 4)}) {
    EXPECT_EQ(sniff_audio(bytes), "");
  }
}

TEST(Transcriber, RefusesWhatCannotBeTranscribed) {
  Harness rig([](const Seen&) { return Reply::json(200, "{}"); });
  const auto wrong = rig.transcribe("noextension", "MZ..", "de-DE");
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().issues.size(), 3U) << wrong.error().text();
  const auto large = rig.transcribe("a.ogg", "OggS" + std::string(kAudioBytes_max, 'x'));
  ASSERT_FALSE(large.ok());
  EXPECT_EQ(large.error().code, Code::kInvalidArgument);
  EXPECT_FALSE(rig.transcribe("a.ogg", "").ok());
  EXPECT_TRUE(rig.server.seen().empty());
}

TEST(Transcriber, FailuresAndRetries) {
  Harness later([](const Seen& seen) {
    return seen.number == 0 ? Reply::json(429, "{}", "retry-after-ms: 5\r\n") : Reply::json(200, R"({"text":"ok"})");
  });
  EXPECT_EQ(later.transcribe("a.ogg", "OggS")->text, "ok");
  EXPECT_EQ(later.waits, std::vector<int64_t>{5});
  Harness refused([](const Seen&) { return Reply::json(401, R"({"error":{"message":"Incorrect key sk-test-key"}})"); });
  const auto answer = refused.transcribe("a.ogg", "OggS");
  EXPECT_EQ(answer.error().code, Code::kReconnectNeeded);
  EXPECT_EQ(answer.error().text().find("sk-test"), std::string::npos);
  Harness garbage([](const Seen&) { return Reply::json(200, "not json"); });
  EXPECT_EQ(garbage.transcribe("a.ogg", "OggS").error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace spreaders::genai
