#include "planners/rules/tone.hpp"

#include <algorithm>

namespace spreaders::planners::rules {
namespace {

constexpr int kReach = 3;  // tokens between the adjective and the word for tone

struct ToneRow {
  std::string_view name;
  std::string_view words;  // all languages; a trailing * makes a prefix
};
constexpr ToneRow kTones[] = {
    {"playful",
     "playful|fun|cheeky|lighthearted|light_hearted|quirky|divertido|divertida|jugueton|ludique|enjoue|fun|verspielt|"
     "verspielter|locker|lockerer|lockeren|lockerem|divertido|divertida|descontraido|descontraida|brincalhao|楽しい|"
     "遊び心のある|ポップな"},
    {"humorous",
     "funny|humorous|witty|gracioso|humoristico|con_humor|humoristique|drole|humorvoll|humorvoller|humorvollen|witzig|"
     "witziger|witzigen|lustig|lustiger|engracado|bem_humorado|ユーモアのある|面白い"},
    {"formal",
     "formal|formell|formeller|formellen|formel|formelle|sobrio|sobre|institucional|フォーマルな|かたい|堅い"},
    {"polite",
     "polite|respectful|educado|respetuoso|poli|respectueux|hoflich|hoflicher|hoflichen|respeitoso|丁寧な|礼儀正しい"},
    {"professional",
     "professional|businesslike|corporate|profesional|professionnel|professionell|professioneller|professionellen|"
     "sachlich|sachlicher|sachlichen|profissional|ビジネスライクな|プロらしい"},
    {"serious", "serious|sober|serio|seria|serieux|serios|serioser|seriosen|ernst|ernster|serio|真面目な|まじめな"},
    {"friendly",
     "friendly|warm|approachable|cosy|amigable|cercano|cercana|amistoso|calido|amical|chaleureux|proche|freundlich|"
     "freundlicher|freundlichen|herzlich|herzlicher|herzlichen|nahbar|amigavel|acolhedor|proximo|親しみやすい|"
     "フレンドリーな|温かい|やさしい|優しい"},
    {"casual",
     "casual|relaxed|informal|chatty|conversational|laid_back|desenfadado|coloquial|decontracte|informel|salopp|"
     "ungezwungen|ungezwungener|informal|coloquial|カジュアルな|くだけた|気軽な"},
    {"urgent", "urgent|urgente|pressant|dringend|dringlich|dringlicher|緊急の|急ぎの"},
    {"enthusiastic",
     "enthusiastic|excited|upbeat|energetic|entusiasta|energico|enthousiaste|dynamique|begeistert|begeisterter|"
     "energiegeladen|entusiasmado|animado|元気な|明るい"},
    {"luxurious",
     "luxurious|elegant|premium|sophisticated|lujoso|elegante|sofisticado|luxueux|elegant|raffine|luxurios|eleganter|"
     "eleganten|luxuoso|高級感のある|上品な|エレガントな"},
    {"inspiring",
     "inspiring|inspirational|motivating|inspirador|motivador|inspirant|motivant|inspirierend|inspirierender|"
     "motivierend|心に響く"},
    {"simple",
     "simple|plain|clear|concise|sencillo|claro|simple|clair|einfach|einfacher|klar|klarer|simples|わかりやすい|"
     "シンプルな"},
    {"bold",
     "bold|edgy|provocative|daring|atrevido|audaz|audacieux|percutant|mutig|mutiger|frech|frecher|frechen|ousado|"
     "大胆な"},
};

// The row whose word begins at token i; the index after it in `end`.
std::string_view tone_at(const Text& text, int i, int& end) {
  struct Entry {
    std::string_view name;
    std::vector<std::vector<std::string>> words;
  };
  static const auto table = [] {
    std::vector<Entry> out;
    for (const ToneRow& row : kTones) out.push_back({row.name, parse_entries(row.words)});
    return out;
  }();
  std::string_view best;
  end = -1;
  for (const Entry& entry : table) {
    for (const auto& words : entry.words) {
      const int stop = match_entry(text, i, words);
      if (stop > end) end = stop, best = entry.name;
    }
  }
  return best;
}

}  // namespace

Tone read_tone(const Text& text, Lang lang) {
  Tone tone;
  for (int i = 0; i < text.size(); ++i) {
    const int noun_end = match(text, i, lang, C("tone_noun"));
    const int lead_end = match(text, i, lang, C("tone_lead"));
    if (noun_end < 0 && lead_end < 0) continue;
    const int from = noun_end > 0 ? std::max(0, i - (lang == Lang::kJa ? 9 : kReach)) : lead_end;
    const int to = std::min(text.size(), (noun_end > 0 ? noun_end : lead_end) + kReach);
    for (int k = from; k < to; ++k) {
      if (text.at(k).sentence != text.at(i).sentence) continue;
      int end = -1;
      const std::string_view name = tone_at(text, k, end);
      if (name.empty() || (k > 0 && match(text, k - 1, lang, C("negator")) == k)) continue;
      tone = {std::string(name), std::min(k, i), std::max({end, noun_end, lead_end})};  // the last one said counts
      break;
    }
  }
  return tone;
}

}  // namespace spreaders::planners::rules
