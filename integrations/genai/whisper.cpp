// Speech to text over POST /audio/transcriptions (multipart form). The container is told from the first bytes of the
// file; the name that the caller gives is not believed.
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/json.hpp"
#include "integrations/genai/wire.hpp"

namespace spreaders::genai {
namespace {

constexpr size_t kTranscriptBytes_max = 1024 * 1024;

std::string_view media_type(std::string_view extension) {
  if (extension == "flac") return "audio/flac";
  if (extension == "mp3") return "audio/mpeg";
  if (extension == "mp4") return "audio/mp4";
  if (extension == "ogg") return "audio/ogg";
  if (extension == "wav") return "audio/wav";
  return "audio/webm";
}

struct Form {
  std::string boundary;
  std::string body;
};

// The boundary is a line that occurs nowhere in the audio.
Form make_form(const std::vector<std::pair<std::string, std::string>>& fields, std::string_view extension,
               std::string_view audio) {
  Form form;
  for (int number = 0; form.boundary.empty() || audio.find(form.boundary) != std::string_view::npos; ++number) {
    form.boundary = "spreaders-form-" + std::to_string(number);
  }
  form.body.reserve(audio.size() + 1024);
  for (const auto& [name, value] : fields) {
    form.body +=
        "--" + form.boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
  }
  form.body += "--" + form.boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"audio.";
  form.body += std::string(extension) + "\"\r\nContent-Type: " + std::string(media_type(extension)) + "\r\n\r\n";
  form.body += audio;
  form.body += "\r\n--" + form.boundary + "--\r\n";
  return form;
}

// whisper-1 names the language in English words.
std::string language_code(std::string name) {
  name = lower_ascii(name);
  static constexpr std::pair<std::string_view, std::string_view> kCodes[] = {
      {"english", "en"},   {"spanish", "es"}, {"french", "fr"},    {"german", "de"},    {"portuguese", "pt"},
      {"japanese", "ja"},  {"italian", "it"}, {"dutch", "nl"},     {"polish", "pl"},    {"russian", "ru"},
      {"ukrainian", "uk"}, {"turkish", "tr"}, {"arabic", "ar"},    {"hindi", "hi"},     {"chinese", "zh"},
      {"korean", "ko"},    {"swedish", "sv"}, {"norwegian", "no"}, {"danish", "da"},    {"finnish", "fi"},
      {"czech", "cs"},     {"greek", "el"},   {"hebrew", "he"},    {"indonesian", "id"}};
  for (const auto& [word, code] : kCodes) {
    if (name == word) return std::string(code);
  }
  return name.size() == 2 && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos ? name : "";
}

Result<Transcript> read_transcript(std::string_view body) {
  auto parsed = parse_json(body, {.bytes_max = kTranscriptBytes_max, .keys_max = 100'000});
  if (!parsed.ok() || !parsed->is_object() || !parsed->contains("text") || !(*parsed)["text"].is_string()) {
    return Error{Code::kUnavailable, "The transcription service gave no transcript."};
  }
  Transcript transcript;
  transcript.text = std::string(trim((*parsed)["text"].get<std::string>()));
  if (parsed->contains("language") && (*parsed)["language"].is_string()) {
    transcript.language = language_code((*parsed)["language"].get<std::string>());
  }
  if (parsed->contains("duration") && (*parsed)["duration"].is_number()) {
    transcript.duration_s = (*parsed)["duration"].get<double>();
  }
  return transcript;
}

class HttpTranscriber : public Transcriber {
 public:
  HttpTranscriber(HttpClient& http, TranscriberOptions options) : http_(http), options_(std::move(options)) {}

  Result<Transcript> transcribe(std::string_view name, std::string_view audio, std::string_view language) override {
    std::vector<Issue> issues;
    if (name.find('.') == std::string_view::npos) issues.push_back({"/name", "The file name has no extension."});
    if (audio.empty()) issues.push_back({"/audio", "The recording is empty."});
    if (audio.size() > kAudioBytes_max) issues.push_back({"/audio", "The recording is larger than 25 MiB."});
    const auto container = sniff_audio(audio);
    if (!audio.empty() && container.empty()) {
      issues.push_back({"/audio", "The recording is none of flac, mp3, mp4 (m4a), ogg, wav and webm."});
    }
    if (!language.empty() && (language.size() != 2 || language_code(std::string(language)) != language)) {
      issues.push_back({"/language", "The language must be two lower-case letters (ISO 639-1)."});
    }
    if (!issues.empty()) {
      return Error{.code = Code::kInvalidArgument,
                   .message = "The recording cannot be transcribed.",
                   .issues = std::move(issues)};
    }
    // Only whisper-1 knows the format that tells language and duration.
    std::vector<std::pair<std::string, std::string>> fields = {
        {"model", options_.model}, {"response_format", options_.model == "whisper-1" ? "verbose_json" : "json"}};
    if (!language.empty()) fields.emplace_back("language", language);
    const Form form = make_form(fields, container, audio);
    const RetryPolicy policy{.retry_max = options_.retry_max,
                             .deadline_ms = monotonic_ms() + options_.timeout_ms,
                             .wait = &options_.wait,
                             .jitter_start = options_.jitter_start + audio.size()};
    return with_retries<Transcript>(policy, [&] { return attempt(form, policy.deadline_ms); });
  }

 private:
  Attempt<Transcript> attempt(const Form& form, int64_t deadline_ms) {
    HttpRequest call;
    call.method = "POST";
    call.url = options_.base_url + "/audio/transcriptions";
    call.headers = {{"content-type", "multipart/form-data; boundary=" + form.boundary}};
    if (!options_.api_key.empty()) {
      call.secret_headers.emplace_back("authorization", Secret("Bearer " + options_.api_key.reveal()));
    }
    call.body = form.body;
    call.timeout_ms = std::max<int64_t>(1, deadline_ms - monotonic_ms());
    call.idle_timeout_ms = call.timeout_ms;
    call.response_bytes_max = kTranscriptBytes_max;
    call.trusted_address = options_.trusted_address;
    const auto sent = http_.send(call);
    if (!sent.ok()) {
      const auto code = sent.error().code;
      if (code != Code::kOutcomeUnknown && code != Code::kUnavailable) return {sent.error()};
      return {Error{Code::kUnavailable, "The transcription service gave no answer. " + sent.error().message},
              {.retry = true}};
    }
    if (sent->status >= 200 && sent->status <= 299) return {read_transcript(sent->body)};
    const auto verdict = retry_verdict(*sent, sent->body, system_clock().now());
    Error error = vendor_answer_error(sent->status, sent->body, options_.api_key);
    error.retry_after_ms = std::max<int64_t>(0, verdict.wait_ms);
    return {std::move(error), verdict};
  }

  HttpClient& http_;
  const TranscriberOptions options_;
};

}  // namespace

std::string_view sniff_audio(std::string_view bytes) {
  if (bytes.starts_with("fLaC")) return "flac";
  if (bytes.starts_with("OggS")) return "ogg";
  if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WAVE")) return "wav";
  if (bytes.starts_with("\x1A\x45\xDF\xA3")) return "webm";
  if (bytes.size() >= 12 && bytes.substr(4, 4) == "ftyp") return "mp4";
  if (bytes.starts_with("ID3")) return "mp3";
  // An MPEG audio frame: eleven set bits, then a version and a layer that exist.
  if (bytes.size() >= 4 && static_cast<unsigned char>(bytes[0]) == 0xFF) {
    const auto second = static_cast<unsigned char>(bytes[1]);
    if ((second & 0xE0) == 0xE0 && (second & 0x18) != 0x08 && (second & 0x06) != 0) return "mp3";
  }
  return {};
}

Result<std::unique_ptr<Transcriber>> make_transcriber(HttpClient& http, TranscriberOptions options) {
  std::vector<Issue> issues;
  if (!options.base_url.starts_with("https://") && !options.base_url.starts_with("http://")) {
    issues.push_back({"base_url", "It must begin with https:// or http://."});
  }
  if (options.model.empty() || options.model.find_first_of("\r\n\"") != std::string::npos) {
    issues.push_back({"model", "It must be set, on one line."});
  }
  if (options.retry_max < 0 || options.retry_max > kRetry_max) issues.push_back({"retry_max", "It must be 0 to 5."});
  if (options.timeout_ms < 1 || options.timeout_ms > kTotalTime_ms_max) {
    issues.push_back({"timeout_ms", "It must be 1 to " + std::to_string(kTotalTime_ms_max) + "."});
  }
  if (!issues.empty()) {
    return Error{.code = Code::kInvalidArgument,
                 .message = "The transcriber's settings are wrong.",
                 .issues = std::move(issues)};
  }
  while (options.base_url.ends_with('/')) options.base_url.pop_back();
  return std::unique_ptr<Transcriber>(std::make_unique<HttpTranscriber>(http, std::move(options)));
}

}  // namespace spreaders::genai
