#include "planners/llm/prompt.hpp"

#include <gtest/gtest.h>

#include "core/embedded.hpp"

namespace spreaders::planners::llm {
namespace {

TEST(Prompt, EveryEmbeddedPromptIsWellFormed) {
  size_t count = 0;
  for (const auto& file : embedded_prompts()) {
    const auto prompt = parse_prompt(file.text);
    ASSERT_TRUE(prompt.ok()) << file.name << ": " << prompt.error().text();
    EXPECT_EQ(prompt->name + ".md", file.name);
    ++count;
  }
  EXPECT_GE(count, 5U);
  for (const char* name : {"plan", "agent", "write_email", "summarize_campaign", "hashtags"}) {
    EXPECT_TRUE(embedded_prompt(name).ok()) << name;
  }
  EXPECT_EQ(embedded_prompt("../plan").error().code, Code::kNotFound);
}

constexpr const char* kGood =
    "---\nname: greet\ntitle: Greet\ndescription: Says hello: twice\narguments:\n  - name: who\n    description: Whom\n"
    "    required: true\n  - name: tone\n---\nHello {{who}}, {{ tone }} and {{who}}. Write {{ as {{Not A Name}}.\n";

TEST(Prompt, FillsEachPlaceholderOnce) {
  const auto prompt = parse_prompt(kGood);
  ASSERT_TRUE(prompt.ok()) << prompt.error().text();
  EXPECT_EQ(prompt->description, "Says hello: twice");
  const auto filled = fill(*prompt, {{"who", "{{tone}} {{who}}"}});
  ASSERT_TRUE(filled.ok()) << filled.error().text();
  EXPECT_EQ(*filled, "Hello {{tone}} {{who}},  and {{tone}} {{who}}. Write {{ as {{Not A Name}}.");
}

TEST(Prompt, FillingNamesEveryFault) {
  const auto prompt = parse_prompt(kGood);
  const auto filled = fill(*prompt, {{"tone", "a"}, {"tone", "b"}, {"other", "c"}});
  ASSERT_FALSE(filled.ok());
  EXPECT_EQ(filled.error().issues.size(), 4U) << filled.error().text();
}

TEST(Prompt, RefusesBrokenFiles) {
  EXPECT_FALSE(parse_prompt("name: x\n").ok());
  EXPECT_FALSE(parse_prompt("---\nname: a\ntitle: b\ndescription: c\n").ok());
  EXPECT_FALSE(parse_prompt(std::string("---\n\xFF\n---\nx")).ok());
  EXPECT_FALSE(parse_prompt(std::string(kPromptBytes_max + 1, '-')).ok());
  const auto wrong = parse_prompt("---\nname: Bad Name\nmodel: x\nno colon\n    required: true\n---\nHi {{who}}");
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().issues.size(), 7U) << wrong.error().text();
}

TEST(Prompt, MarksDependOnEveryByte) {
  EXPECT_EQ(mark_for({"a", "b"}), mark_for({"a", "b"}));
  EXPECT_NE(mark_for({"a", "b"}), mark_for({"ab"}));
  EXPECT_NE(mark_for({"a"}), mark_for({"b"}));
}

}  // namespace
}  // namespace spreaders::planners::llm
