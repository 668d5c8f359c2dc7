#include "doors/tracking/tracking_routes.hpp"

#include <algorithm>
#include <array>

#include "core/bytes.hpp"
#include "core/log.hpp"
#include "doors/pages/html.hpp"

namespace spreaders::doors {

using services::MessageRef;
using services::TokenKind;
using storage::Scope;
using storage::Tx;

namespace {

constexpr std::string_view kPixel_base64 = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

// In the order of PageLanguage. {address} is masked.
struct Words {
  std::string_view ask_title, ask, button, done_title, done, bad_title, bad, later_title, later;
};
constexpr std::array<Words, kPageLanguages> kWords = {{
    {"Unsubscribe", "Do you want to stop receiving these mails?", "Unsubscribe", "You are unsubscribed",
     "{address} will get no more of these mails.", "This link does not work",
     "It is not complete or no longer valid. Please use the link as it stands in the mail.", "Please try again",
     "Something went wrong on our side and nothing was changed. Please try again in a minute."},
    {"Abmelden", "Möchten Sie diese E-Mails nicht mehr erhalten?", "Abmelden", "Sie sind abgemeldet",
     "{address} erhält diese E-Mails nicht mehr.", "Dieser Link funktioniert nicht",
     "Er ist unvollständig oder nicht mehr gültig. Bitte verwenden Sie den Link so, wie er in der E-Mail steht.",
     "Bitte versuchen Sie es noch einmal",
     "Bei uns ist ein Fehler aufgetreten, es wurde nichts geändert. Bitte versuchen Sie es in einer Minute noch "
     "einmal."},
    {"Darse de baja", "¿Quiere dejar de recibir estos correos?", "Darme de baja", "Se ha dado de baja",
     "{address} no recibirá más estos correos.", "Este enlace no funciona",
     "Está incompleto o ya no es válido. Use el enlace tal como aparece en el correo.", "Inténtelo de nuevo",
     "Se ha producido un error y no se ha cambiado nada. Inténtelo de nuevo dentro de un minuto."},
    {"Se désabonner", "Voulez-vous ne plus recevoir ces e-mails ?", "Me désabonner", "Vous êtes désabonné",
     "{address} ne recevra plus ces e-mails.", "Ce lien ne fonctionne pas",
     "Il est incomplet ou n’est plus valable. Utilisez le lien tel qu’il figure dans l’e-mail.", "Veuillez réessayer",
     "Une erreur s’est produite et rien n’a été modifié. Veuillez réessayer dans une minute."},
    {"配信停止", "このメールの受信を停止しますか？", "配信を停止する", "配信を停止しました",
     "{address} 宛てにこのメールは今後届きません。", "このリンクは使えません",
     "リンクが不完全か、有効期限が切れています。メールに記載されたリンクをそのままお使いください。",
     "もう一度お試しください", "エラーが発生し、変更は行われませんでした。しばらくしてからもう一度お試しください。"},
    {"Cancelar inscrição", "Você quer parar de receber estes e-mails?", "Cancelar inscrição",
     "Sua inscrição foi cancelada", "{address} não receberá mais estes e-mails.", "Este link não funciona",
     "Ele está incompleto ou não é mais válido. Use o link exatamente como está no e-mail.", "Tente novamente",
     "Ocorreu um erro e nada foi alterado. Tente novamente em um minuto."},
}};

struct Door {
  storage::Storage& storage;
  Clock& clock;
  const audience::Journal& journal;
  const services::Tracking& tracking;
};

const Words& words_for(PageLanguage language) { return kWords[static_cast<size_t>(language)]; }

HttpServerResponse bad_link(const HttpServerRequest& request) {
  auto language = choose_language(request);
  const auto& words = words_for(language);
  return page(
      {.status = 404, .language = language, .title = words.bad_title, .body = "<p>" + std::string(words.bad) + "</p>"});
}

HttpServerResponse try_later(const HttpServerRequest& request) {
  auto language = choose_language(request);
  const auto& words = words_for(language);
  return page({.status = 503,
               .language = language,
               .title = words.later_title,
               .body = "<p role=\"alert\">" + std::string(words.later) + "</p>",
               .headers = {{"retry-after", "60"}}});
}

// A request that a person's act is not behind: HEAD, and browsers that load pages ahead (Fetch, Sec-Purpose).
bool only_looking(const HttpServerRequest& request) {
  if (request.method != "GET") return true;
  for (std::string_view name : {"sec-purpose", "purpose", "x-moz", "x-purpose"}) {
    const auto* value = request.header(name);
    if (value != nullptr &&
        (value->find("prefetch") != std::string::npos || value->find("preview") != std::string::npos))
      return true;
  }
  return false;
}

// The reader gets what they asked for even when it cannot be written down.
void note_failure(std::string_view fact, const Result<void>& recorded) {
  if (recorded.ok() || recorded.error().code == Code::kNotFound) return;
  log_warn("a fact could not be recorded",
           {{"fact", fact}, {"error", recorded.error().message}, {"detail", recorded.error().detail}});
}

HttpServerResponse open_pixel(const Door& door, const HttpServerRequest& request) {
  static const auto pixel =
      std::make_shared<const std::string>(base64_decode(kPixel_base64).value_or(""));  // shared by all answers
  std::string token = rest_of(request, "/o/");
  if (token.ends_with(".gif")) token.resize(token.size() - 4);
  auto ref = services::read_token(door.tracking, TokenKind::kOpen, token);
  if (ref && !only_looking(request)) {
    note_failure("open", door.storage.write(Scope::of(ref->workspace), [&](Tx& tx) {
      return services::record_open(tx, *ref, door.clock.now(), door.journal);
    }));
  }
  return {.headers = {{"content-type", "image/gif"},
                      {"cache-control", "no-store, no-cache, must-revalidate, max-age=0"},
                      {"pragma", "no-cache"},
                      {"x-content-type-options", "nosniff"},
                      {"cross-origin-resource-policy", "cross-origin"},
                      {"referrer-policy", "no-referrer"},
                      {"x-robots-tag", "noindex"}},
          .shared_body = pixel};
}

bool may_redirect_to(const std::string& url) {
  std::string start = lower_ascii(std::string_view(url).substr(0, 8));
  bool web = start.starts_with("http://") || start.starts_with("https://");
  return web && url.size() <= kClickUrlBytesMax && std::none_of(url.begin(), url.end(), [](char c) {
           return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
         });
}

HttpServerResponse click(const Door& door, const HttpServerRequest& request) {
  const auto* url = request.query_value("u");
  if (url == nullptr || !may_redirect_to(*url)) return bad_link(request);
  auto ref = services::read_token(door.tracking, TokenKind::kClick, rest_of(request, "/c/"), *url);
  if (!ref) return bad_link(request);
  if (!only_looking(request)) {
    note_failure("click", door.storage.write(Scope::of(ref->workspace), [&](Tx& tx) {
      return services::record_click(tx, *ref, *url, door.clock.now(), door.journal);
    }));
  }
  return {.status = 302,
          .headers = {{"location", services::landing_url(door.tracking, *ref, *url)},
                      {"cache-control", "no-store"},
                      {"referrer-policy", "no-referrer"},
                      {"x-robots-tag", "noindex"}}};
}

HttpServerResponse ask_unsubscribe(const HttpServerRequest& request, int status) {
  auto language = choose_language(request);
  const auto& words = words_for(language);
  return page({.status = status,
               .language = language,
               .title = words.ask_title,
               .body = "<p>" + std::string(words.ask) +
                       "</p>\n<form method=\"post\"><input type=\"hidden\" name=\"confirm\" value=\"yes\">"
                       "<button type=\"submit\">" +
                       std::string(words.button) + "</button></form>"});
}

HttpServerResponse unsubscribe(const Door& door, const HttpServerRequest& request) {
  auto ref = services::read_token(door.tracking, TokenKind::kUnsubscribe, rest_of(request, "/u/"));
  if (!ref) return bad_link(request);
  if (request.method != "POST") return ask_unsubscribe(request, 200);
  auto fields = form_fields(request);
  bool one_click = lower_ascii(form_value(fields, "List-Unsubscribe")) == "one-click";
  if (!one_click && form_value(fields, "confirm") != "yes") return ask_unsubscribe(request, 400);
  std::string how = one_click ? "one-click link" : "unsubscribe page";
  auto address = door.storage.write(Scope::of(ref->workspace), [&](Tx& tx) {
    return services::record_unsubscribe(tx, *ref, how, door.clock.now(), door.journal);
  });
  if (!address.ok() && address.error().code == Code::kNotFound) return bad_link(request);
  if (!address.ok()) {
    log_error("an unsubscribe was not recorded",
              {{"message", ref->outbox_id}, {"error", address.error().message}, {"detail", address.error().detail}});
    return try_later(request);
  }
  auto language = choose_language(request);
  const auto& words = words_for(language);
  std::string done(words.done);
  done.replace(done.find("{address}"), 9, "<strong>" + escape_html(*address) + "</strong>");
  return page({.language = language, .title = words.done_title, .body = "<p role=\"status\">" + done + "</p>"});
}

}  // namespace

std::vector<Route> tracking_routes(storage::Storage& storage, Clock& clock, const audience::Journal& journal,
                                   const services::Tracking& tracking) {
  Door door{storage, clock, journal, tracking};
  auto unsubscribed = [door](const HttpServerRequest& request) { return unsubscribe(door, request); };
  return {{"GET", "/o", [door](const HttpServerRequest& request) { return open_pixel(door, request); }},
          {"GET", "/c", [door](const HttpServerRequest& request) { return click(door, request); }},
          {"GET", "/u", unsubscribed},
          {"POST", "/u", unsubscribed, {.body_bytes_max = kFormBytesMax}}};
}

}  // namespace spreaders::doors
