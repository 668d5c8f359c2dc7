// The mail and the hashtags that are written without a model: honest, short, in the language of the brief.
#include <algorithm>
#include <set>

#include "core/bytes.hpp"
#include "core/html.hpp"
#include "planners/plan.hpp"

namespace spreaders::planners {

namespace {

struct Phrases {
  std::string_view language, subject, subject_event, preheader, greeting, friend_, intro, intro_event, button,
      button_event, closing;
};

// {offer} is what the user promotes, {brand} who sends it.
constexpr Phrases kPhrases[] = {
    {"en", "New at {brand}: {offer}", "You are invited: {offer}", "Have a look before everyone else", "Hello", "there",
     "We have something for you: {offer}. Take a look while there is plenty to choose from.",
     "We would love to see you: {offer}. Here is everything you need to know.", "See {offer}", "Save my place",
     "Thank you for reading us."},
    {"de", "Neu bei {brand}: {offer}", "Sie sind eingeladen: {offer}", "Werfen Sie einen Blick darauf", "Guten Tag", "",
     "Wir haben etwas für Sie: {offer}. Schauen Sie sich um, solange die Auswahl groß ist.",
     "Wir freuen uns auf Sie: {offer}. Hier finden Sie alles Wichtige.", "Jetzt ansehen", "Platz sichern",
     "Danke, dass Sie uns lesen."},
    {"es", "Novedad en {brand}: {offer}", "Está invitado: {offer}", "Descúbralo antes que nadie", "Hola", "",
     "Tenemos algo para usted: {offer}. Échele un vistazo mientras hay mucho donde elegir.",
     "Nos encantaría verle: {offer}. Aquí tiene todo lo que necesita saber.", "Ver ahora", "Reservar mi plaza",
     "Gracias por leernos."},
    {"fr", "Nouveau chez {brand} : {offer}", "Vous êtes invité : {offer}", "À découvrir en avant-première", "Bonjour",
     "", "Nous avons quelque chose pour vous : {offer}. Profitez-en tant que le choix est large.",
     "Nous serions ravis de vous voir : {offer}. Voici tout ce qu’il faut savoir.", "Découvrir", "Réserver ma place",
     "Merci de nous lire."},
    {"pt", "Novidade na {brand}: {offer}", "Você está convidado: {offer}", "Veja antes de todo mundo", "Olá", "",
     "Temos algo para você: {offer}. Dê uma olhada enquanto há bastante para escolher.",
     "Queremos ver você: {offer}. Aqui está tudo o que você precisa saber.", "Ver agora", "Garantir meu lugar",
     "Obrigado por nos ler."},
    {"ja", "{brand}からのお知らせ：{offer}", "ご招待：{offer}", "ひと足先にご覧ください", "こんにちは", "",
     "{offer}のご案内です。種類が豊富なうちにぜひご覧ください。",
     "{offer}にぜひお越しください。詳しくはこちらをご覧ください。", "詳しく見る", "参加する",
     "いつもお読みいただきありがとうございます。"},
};

const Phrases& phrases_for(std::string_view language) {
  for (const auto& phrases : kPhrases) {
    if (language.starts_with(phrases.language)) return phrases;
  }
  return kPhrases[0];
}

// Liquid must not see the user's braces, and HTML not their brackets.
std::string plain(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '{' || c == '}' || c == '%') continue;
    out += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  }
  return std::string(trim(out));
}

std::string fill(std::string_view phrase, const std::string& offer, const std::string& brand) {
  std::string out;
  for (size_t i = 0; i < phrase.size();) {
    if (phrase.substr(i).starts_with("{offer}")) out += offer, i += 7;
    else if (phrase.substr(i).starts_with("{brand}")) out += brand, i += 7;
    else out += phrase[i++];
  }
  return out;
}

}  // namespace

EmailContent write_email(const Brief& brief, const std::string& brand_name, const std::string& link) {
  const Phrases& p = phrases_for(brief.language);
  bool event = brief.objective && brief.objective->value == "event";
  std::string offer = plain(brief.offer ? first_code_points(brief.offer->value, 120) : brand_name);
  std::string brand = plain(brand_name);
  EmailContent content;
  content.name = offer + " - " + std::string(event ? "invitation" : "newsletter");
  content.subject = std::string(first_code_points(fill(event ? p.subject_event : p.subject, offer, brand), 150));
  content.preheader = std::string(p.preheader);
  std::string intro = escape_html(fill(event ? p.intro_event : p.intro, offer, brand));
  std::string button = escape_html(fill(event ? p.button_event : p.button, offer, brand));
  // Tables and inline styles are what every mail program shows alike.
  content.html =
      "<!doctype html>\n<html lang=\"" + std::string(p.language) +
      "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>" +
      escape_html(content.subject) +
      "</title></head>\n"
      "<body style=\"margin:0;background:#f4f4f2;font-family:Helvetica,Arial,sans-serif;color:#1d1d1b\">\n"
      "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\"><tr><td align=\"center\" "
      "style=\"padding:24px\">\n"
      "<table role=\"presentation\" width=\"600\" cellpadding=\"0\" cellspacing=\"0\" "
      "style=\"max-width:600px;width:100%;background:#ffffff;border-radius:8px\"><tr><td style=\"padding:32px\">\n"
      "<p style=\"margin:0 0 8px;font-size:13px;letter-spacing:.08em;text-transform:uppercase;color:#6b6b66\">" +
      escape_html(brand) +
      "</p>\n"
      "<h1 style=\"margin:0 0 16px;font-size:26px;line-height:1.25\">" +
      escape_html(offer) +
      "</h1>\n"
      "<p style=\"font-size:16px;line-height:1.5\">" +
      std::string(p.greeting) +
      "{% if contact.first_name != '' %} {{ contact.first_name }}{% endif %},</p>\n"
      "<p style=\"font-size:16px;line-height:1.5\">" +
      intro +
      "</p>\n"
      "<p style=\"margin:28px 0\"><a href=\"" +
      escape_html(link) +
      "\" style=\"background:#1d1d1b;color:#ffffff;padding:14px "
      "24px;border-radius:6px;text-decoration:none;font-size:16px\">" +
      button +
      "</a></p>\n"
      "<p style=\"font-size:16px;line-height:1.5\">" +
      std::string(p.closing) +
      "</p>\n"
      "</td></tr></table>\n</td></tr></table>\n</body></html>\n";
  return content;
}

std::vector<std::string> make_hashtags(std::string_view text, std::string_view, size_t count) {
  static const std::set<std::string, std::less<>> stop = {
      "about", "after", "again", "all",  "also", "and",  "any",  "are",  "but",  "can",   "for",  "from",
      "get",   "has",   "have",  "her",  "his",  "how",  "into", "its",  "just", "more",  "new",  "not",
      "now",   "off",   "our",   "out",  "over", "she",  "than", "that", "the",  "their", "them", "then",
      "they",  "this",  "was",   "were", "what", "when", "who",  "will", "with", "you",   "your", "und",
      "der",   "die",   "das",   "ein",  "eine", "mit",  "für",  "los",  "las",  "una",   "para", "con",
      "les",   "des",   "une",   "pour", "avec", "com",  "uma"};
  std::vector<std::string> words;
  std::string word;
  auto flush = [&] {
    std::string lower = lower_ascii(word);
    if (count_code_points(word) >= 3 && !stop.contains(lower) &&
        std::find(words.begin(), words.end(), lower) == words.end() &&
        lower.find_first_not_of("0123456789") != std::string::npos)
      words.push_back(lower);
    word.clear();
  };
  for (char c : text) {
    bool letter = static_cast<unsigned char>(c) >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                  (c >= 'A' && c <= 'Z');
    if (letter) word += c;
    else flush();
  }
  flush();
  std::vector<std::string> tags;
  auto title = [](std::string text_word) {
    if (text_word[0] >= 'a' && text_word[0] <= 'z') text_word[0] = static_cast<char>(text_word[0] - 'a' + 'A');
    return text_word;
  };
  // Pairs of neighbours first: they say more than single words.
  for (size_t i = 0; i + 1 < words.size() && tags.size() < count / 2; ++i)
    tags.push_back("#" + title(words[i]) + title(words[i + 1]));
  for (size_t i = 0; i < words.size() && tags.size() < count; ++i) tags.push_back("#" + title(words[i]));
  return tags;
}

}  // namespace spreaders::planners
