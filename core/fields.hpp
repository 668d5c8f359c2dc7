// A struct that describes itself. From one list of fields come its JSON Schema 2020-12, decoding with every problem at
// once (JSON Pointers), encoding in declaration order, and reference docs. The same lists describe tool arguments and
// results, configuration, events and stored payloads.
//
//   struct PublishPost {
//     std::string caption;
//     MediaKind kind = MediaKind::kFeed;
//     std::optional<Instant> at;
//     static void check(const PublishPost& post, Issues& issues);   // optional: rules across fields
//     SPR_FIELDS(PublishPost,
//       SPR_FIELD(caption, "Text under the post", .max_size = 2200),
//       SPR_FIELD(kind, "Where the media appears", .defaulted = true),
//       SPR_FIELD(at, "When to publish; now if left out"))
//   };
//
// Member types: bool, int, int64_t, double, std::string, Instant, Date, Json (an object), enums with SPR_ENUM, structs
// with SPR_FIELDS, std::optional, std::vector and std::map<std::string, T> of these. A member is required unless it is
// optional or `.defaulted`; null is read as absent for optional members. Unknown members are refused. Sizes count code
// points of strings, items of arrays, entries of maps. A mapping mistake does not compile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace spreaders {

using Issues = std::vector<Issue>;

// Enforced on decoding, and announced in the schema where JSON Schema has a word for it.
enum class Format : uint8_t {
  kNone,
  kEmail,
  kUri,
  kHttpsUri,
  kDate,
  kDateTime,
  kDuration,
  kTimeZone,
  kCurrency,
  kLanguage,
  kIdentifier,
  kHostname,
};

struct Constraints {
  std::optional<double> min = std::nullopt;
  std::optional<double> max = std::nullopt;
  std::optional<size_t> min_size = std::nullopt;
  std::optional<size_t> max_size = std::nullopt;       // strings without it are held to kTextSizeMax
  std::optional<size_t> item_max_size = std::nullopt;  // of each string inside an array or map
  Format format = Format::kNone;                       // of the string, or of each string inside an array
  bool defaulted = false;                              // may be left out; the schema shows the member's default
  bool secret = false;                                 // configuration only: masked when shown
  std::string_view example = {};
};
constexpr size_t kTextSizeMax = 100'000;
constexpr size_t kItemsMax = 10'000;

enum class Kind : uint8_t {
  kBoolean,
  kInteger,
  kNumber,
  kString,
  kInstant,
  kDate,
  kEnum,
  kObject,
  kArray,
  kMap,
  kOptional,
  kJson
};

struct FieldList;
struct EnumName {
  int64_t value;
  std::string_view name;
};
struct EnumList {
  std::string_view type;
  std::span<const EnumName> names;
};

// What the engine in fields.cpp needs to read and write one member type through void pointers.
struct TypeOps {
  Kind kind;
  uint8_t bytes = 0;              // integers and enums: 4 or 8
  const TypeOps* item = nullptr;  // of arrays, maps, optionals
  const FieldList& (*object)() = nullptr;
  const EnumList& (*enumeration)() = nullptr;
  int64_t (*get_integer)(const void*) = nullptr;
  void (*set_integer)(void*, int64_t) = nullptr;
  const void* (*optional_get)(const void*) = nullptr;  // nullptr when empty
  void* (*optional_engage)(void*) = nullptr;
  size_t (*size)(const void*) = nullptr;
  const void* (*element)(const void*, size_t) = nullptr;
  void* (*append)(void*) = nullptr;
  void (*clear)(void*) = nullptr;
  void (*each_entry)(const void*, void* context, void (*visit)(void*, const std::string&, const void*)) = nullptr;
  void* (*entry)(void*, const std::string&) = nullptr;
};

template <class T>
const TypeOps& ops_of();

struct Field {
  std::string_view name;
  std::string_view description;
  const TypeOps* ops;
  size_t offset;
  Constraints constraints;
  [[nodiscard]] bool required() const { return ops->kind != Kind::kOptional && !constraints.defaulted; }
};

struct FieldList {
  std::string_view type;
  std::span<const Field> fields;
  // Calls `visit` with a default-made object, to show defaults.
  void (*with_default)(void* context, void (*visit)(void*, const void*));
  void (*check)(const void*, Issues&);  // rules across fields; nullptr if there are none
};

// --- the engine (fields.cpp) -------------------------------------------------------------------------------------
void decode_fields(const FieldList& list, const Json& json, void* object, const std::string& pointer, Issues& issues);
Json encode_fields(const FieldList& list, const void* object);
Json schema_of_fields(const FieldList& list);
// A Markdown table of the fields.
std::string docs_of_fields(const FieldList& list);
// One message from a list of issues: "caption: is required; kind: ..." in one Error.
Error issues_error(std::string_view what, Issues issues);
// Why `text` is not of that format; empty when it is.
std::string format_problem(Format format, std::string_view text);
std::string_view format_name(Format format);

template <class T>
Result<T> decode(const Json& json, std::string_view what = "The input") {
  T object{};
  Issues issues;
  decode_fields(T::field_list(), json, &object, "", issues);
  if (!issues.empty()) return issues_error(what, std::move(issues));
  return object;
}

// The second parameter lets this header do with the forward declaration of Json.
template <class T, class J = Json>
J encode(const T& object) {
  return encode_fields(T::field_list(), &object);
}

template <class T, class J = Json>
J schema_of() {
  return schema_of_fields(T::field_list());
}

// --- the mapping of member types ---------------------------------------------------------------------------------
namespace fields_detail {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class T>
struct IsMap<std::map<std::string, T>> : std::true_type {};
template <class T>
constexpr bool always_false = false;
template <class T>
concept HasFields = requires {
  { T::field_list() } -> std::same_as<const FieldList&>;
};
template <class T>
concept HasCheck = requires(const T& object, Issues& issues) {
  T::check(object, issues);
};
template <class T>
concept HasEnum = std::is_enum_v<T> && requires {
  enum_list(T{});
};

template <class T>
TypeOps make_ops() {
  if constexpr (std::is_same_v<T, bool>) {
    return {.kind = Kind::kBoolean};
  } else if constexpr (std::is_same_v<T, int> || std::is_same_v<T, int64_t>) {
    return {.kind = Kind::kInteger, .bytes = sizeof(T)};
  } else if constexpr (std::is_same_v<T, double>) {
    return {.kind = Kind::kNumber};
  } else if constexpr (std::is_same_v<T, std::string>) {
    return {.kind = Kind::kString};
  } else if constexpr (std::is_same_v<T, Instant>) {
    return {.kind = Kind::kInstant};
  } else if constexpr (std::is_same_v<T, Date>) {
    return {.kind = Kind::kDate};
  } else if constexpr (std::is_same_v<T, Json>) {
    return {.kind = Kind::kJson};
  } else if constexpr (HasEnum<T>) {
    return {.kind = Kind::kEnum,
            .enumeration = []() -> const EnumList& { return enum_list(T{}); },
            .get_integer = [](const void* p) { return static_cast<int64_t>(*static_cast<const T*>(p)); },
            .set_integer = [](void* p, int64_t value) { *static_cast<T*>(p) = static_cast<T>(value); }};
  } else if constexpr (HasFields<T>) {
    return {.kind = Kind::kObject, .object = &T::field_list};
  } else if constexpr (IsOptional<T>::value) {
    return {.kind = Kind::kOptional,
            .item = &ops_of<typename T::value_type>(),
            .optional_get = [](const void* p) -> const void* {
              const auto& optional = *static_cast<const T*>(p);
              return optional ? &*optional : nullptr;
            },
            .optional_engage = [](void* p) -> void* { return &static_cast<T*>(p)->emplace(); }};
  } else if constexpr (IsVector<T>::value) {
    static_assert(!std::is_same_v<typename T::value_type, bool>, "use std::vector<int> or an enum");
    return {.kind = Kind::kArray,
            .item = &ops_of<typename T::value_type>(),
            .size = [](const void* p) { return static_cast<const T*>(p)->size(); },
            .element = [](const void* p, size_t i) -> const void* { return &(*static_cast<const T*>(p))[i]; },
            .append = [](void* p) -> void* { return &static_cast<T*>(p)->emplace_back(); },
            .clear = [](void* p) { static_cast<T*>(p)->clear(); }};
  } else if constexpr (IsMap<T>::value) {
    return {.kind = Kind::kMap,
            .item = &ops_of<typename T::mapped_type>(),
            .size = [](const void* p) { return static_cast<const T*>(p)->size(); },
            .clear = [](void* p) { static_cast<T*>(p)->clear(); },
            .each_entry =
                [](const void* p, void* context, void (*visit)(void*, const std::string&, const void*)) {
                  for (const auto& [key, value] : *static_cast<const T*>(p)) visit(context, key, &value);
                },
            .entry = [](void* p, const std::string& key) -> void* { return &(*static_cast<T*>(p))[key]; }};
  } else {
    static_assert(always_false<T>, "this member type has no mapping to JSON: see core/fields.hpp for those that have");
  }
}

template <class T>
constexpr auto check_of() -> void (*)(const void*, Issues&) {
  if constexpr (HasCheck<T>) {
    return [](const void* object, Issues& issues) { T::check(*static_cast<const T*>(object), issues); };
  } else {
    return nullptr;
  }
}

}  // namespace fields_detail

template <class T>
const TypeOps& ops_of() {
  static const TypeOps ops = fields_detail::make_ops<T>();
  return ops;
}

}  // namespace spreaders

#define SPR_FIELDS(Type, ...)                                                                       \
  using FieldsOf = Type;                                                                            \
  static const ::spreaders::FieldList& field_list() {                                               \
    static const ::spreaders::Field fields[] = {__VA_ARGS__};                                       \
    static const ::spreaders::FieldList list{#Type, fields,                                         \
                                             [](void* context, void (*visit)(void*, const void*)) { \
                                               const Type object{};                                 \
                                               visit(context, &object);                             \
                                             },                                                     \
                                             ::spreaders::fields_detail::check_of<Type>()};         \
    return list;                                                                                    \
  }                                                                                                 \
  static_assert(true, "so that a semicolon may follow")

#define SPR_FIELD(member, description, ...)                                                                 \
  ::spreaders::Field {                                                                                      \
#member, description, &::spreaders::ops_of < decltype(FieldsOf::member)>(), offsetof(FieldsOf, member), \
        ::spreaders::Constraints {                                                                          \
      __VA_ARGS__                                                                                           \
    }                                                                                                       \
  }

// For a struct without members: {} in, {} out.
#define SPR_NO_FIELDS(Type)                                                                         \
  static const ::spreaders::FieldList& field_list() {                                               \
    static const ::spreaders::FieldList list{#Type,                                                 \
                                             {},                                                    \
                                             [](void* context, void (*visit)(void*, const void*)) { \
                                               const Type object{};                                 \
                                               visit(context, &object);                             \
                                             },                                                     \
                                             nullptr};                                              \
    return list;                                                                                    \
  }                                                                                                 \
  static_assert(true, "so that a semicolon may follow")

// SPR_ENUM(MediaKind, {MediaKind::kFeed, "feed"}, {MediaKind::kStory, "story"}), in the enum's own namespace.
#define SPR_ENUM(Type, ...)                                                                        \
  inline const ::spreaders::EnumList& enum_list(Type) {                                            \
    struct Named {                                                                                 \
      Type value;                                                                                  \
      std::string_view name;                                                                       \
    };                                                                                             \
    static constexpr Named named[] = {__VA_ARGS__};                                                \
    static const auto names = [] {                                                                 \
      std::vector<::spreaders::EnumName> list;                                                     \
      for (const auto& [value, name] : named) list.push_back({static_cast<int64_t>(value), name}); \
      return list;                                                                                 \
    }();                                                                                           \
    static const ::spreaders::EnumList list{#Type, names};                                         \
    return list;                                                                                   \
  }                                                                                                \
  static_assert(true, "so that a semicolon may follow")

namespace spreaders {

template <class E>
std::string_view enum_name(E value) {
  for (const auto& entry : enum_list(E{}).names) {
    if (entry.value == static_cast<int64_t>(value)) return entry.name;
  }
  return "";
}

template <class E>
std::optional<E> enum_from(std::string_view name) {
  for (const auto& entry : enum_list(E{}).names) {
    if (entry.name == name) return static_cast<E>(entry.value);
  }
  return std::nullopt;
}

}  // namespace spreaders
