#include "core/text_template/evaluate.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cts::text_template {
namespace {

using answers = std::map<source, value>;

const auto environment
  = std::map<std::string, std::string>{{"NAME", "web"}, {"EMPTY", ""}};

value pair(const std::string& key, const std::string& text) {
  return value{object{{"Key", value{key}},
                      {"Path", value{"app/" + key}},
                      {"Value", value{text}}}};
}

const answers known{
  {{source::kind::key, "a"}, value{"text"}},
  {{source::kind::key, "gone"}, value{}},
  {{source::kind::tree, "app"},
   value{list{pair("one", "1"), pair("sub/two", "2")}}},
  {{source::kind::secret, "secret/dns"},
   value{object{
     {"Data",
      value{object{{"data", value{object{{"key", value{"s3cr3t"}},
                                         {"port", value{number{"53"}}}}}}}}}}}},
  {{source::kind::secrets, "secret"}, value{list{value{"dns"}, value{"lb"}}}}};

/// The result, or what it waits for, or the error.
std::string render(const std::string& text, const answers& facts = known) {
  auto parsed = parse(text);
  if (!parsed)
    return "refused: " + parsed.error().message;
  auto outcome = evaluate(*parsed, {environment, facts});
  if (!outcome)
    return "refused: " + outcome.error().message;
  auto missing = std::string{};
  for (const auto& each : outcome->missing)
    missing += " " + each.path;
  return missing.empty() ? outcome->text : "waits:" + missing;
}

struct sample {
  std::string text;
  std::string result;
};

const sample samples[] = {
  {"plain", "plain"},
  {"a {{ env \"NAME\" }} b", "a web b"},
  {"{{ env \"NOBODY\" }}", ""},
  {"{{envOrDefault \"EMPTY\" \"x\"}}", "x"},
  {"{{ envOrDefault \"NAME\" \"x\" }}", "web"},
  {"{{ key \"a\" }}", "text"},
  {"{{ key \"gone\" }}", "waits: gone"},
  {"{{ key \"new\" }}{{ key \"other\" }}", "waits: new other"},
  {"{{ keyExists \"a\" }} {{ keyExists \"gone\" }}", "true false"},
  {"{{ keyOrDefault \"gone\" \"d\" }}", "d"},
  {"{{ range ls \"app\" }}{{ .Key }}={{ .Value }};{{ end }}", "one=1;"},
  {"{{ range tree \"app\" }}{{ .Path }} {{ end }}", "app/one app/sub/two "},
  {"{{ range $i, $e := tree \"app\" }}{{ $i }}{{ $e.Key }},{{ end }}",
   "0one,1sub/two,"},
  {"{{ with secret \"secret/dns\" }}{{ .Data.data.key }}{{ end }}", "s3cr3t"},
  {"{{ with $s := secret \"secret/dns\" }}{{ $s.Data.data.port }}{{ end }}",
   "53"},
  {"{{ (secret \"secret/dns\").Data.data.key }}", "s3cr3t"},
  {"{{ range secrets \"secret\" }}[{{ . }}]{{ end }}", "[dns][lb]"},
  {"{{ with secret \"none\" }}x{{ end }}", "waits: none"},
  {"{{ if eq (env \"NAME\") \"web\" \"db\" }}yes{{ else }}no{{ end }}", "yes"},
  {"{{ if env \"EMPTY\" }}1{{ else if env \"NAME\" }}2{{ else }}3{{ end }}",
   "2"},
  {"{{ with env \"EMPTY\" }}x{{ else }}none{{ end }}", "none"},
  {"{{ range ls \"nothing\" }}x{{ else }}none{{ end }}", "waits: nothing"},
  {"{{ env \"NAME\" | printf \"%s-%d %q %%\" \"a\" 3 }}", "a-3 \"web\" %"},
  {"{{ $x := \"1\" }}{{ if true }}{{ $x = \"2\" }}{{ end }}{{ $x }}", "2"},
  {"a {{- \" b \" -}} c", "a b c"},
  {"a {{/* nothing */}}b", "a b"},
  {"{{ `raw \\n` }}", "raw \\n"},
  {"{{ index (secrets \"secret\") 1 }} {{ len \"four\" }}", "lb 4"},
  {"{{ and 1 0 }} {{ or \"\" \"b\" }} {{ not true }}", "0 b false"},
  {"{{ if lt 9 10 }}less{{ end }} {{ ge 2.5 2 }}", "less true"},
  {"{{ nil }}", "<no value>"},
  {"{{ secrets \"secret\" }}", "[dns lb]"}};

TEST(TextTemplate, RendersAsTheReferenceDoes) {
  for (const auto& each : samples)
    EXPECT_EQ(render(each.text), each.result) << each.text;
}

TEST(TextTemplate, NamesWhatIsWrong) {
  for (const auto& text : {"{{ env",
                           "{{ \"open }}",
                           "{{ if env \"A\" }}",
                           "{{ end }}",
                           "{{ }}",
                           "{{ nobody \"a\" }}",
                           "{{ service \"web\" }}",
                           "{{ $x }}",
                           "{{ env }}",
                           "{{ env \"\" }}",
                           "{{ \"a\" \"b\" }}",
                           "{{ (env \"A\" }}",
                           "{{ else }}",
                           "{{ printf \"%s\" }}",
                           "{{ printf \"%x\" 1 }}",
                           "{{ secret \"a\" \"b=c\" }}",
                           "{{ index 1 2 }}",
                           "{{ # }}",
                           "{{ .Field }}",
                           "{{/* open",
                           "{{ \"\\z\" }}",
                           "{{ ) }}"})
    EXPECT_EQ(render(text).rfind("refused: template: ", 0), 0u) << text;
}

TEST(TextTemplate, KeepsSecretsOutOfItsErrors) {
  auto said = render("{{ with secret \"secret/dns\" }}"
                     "{{ .Data.data.key.more }}{{ end }}");
  EXPECT_EQ(said, "refused: template: there is no field \"more\"");
}

TEST(TextTemplate, BoundsWhatItDoes) {
  auto deep = std::string{};
  for (auto i = 0; i < 1000; ++i)
    deep += "{{ if true }}";
  EXPECT_EQ(render(deep), "refused: template: blocks are nested too deeply");
  EXPECT_EQ(render("{{ " + std::string(1000, '(') + " }}"),
            "refused: template: parentheses are nested too deeply");
  auto many = list(400, value{"x"});
  auto long_list = answers{{{source::kind::secrets, "s"}, value{many}}};
  EXPECT_EQ(render("{{ range secrets \"s\" }}{{ range secrets \"s\" }}"
                   "{{ end }}{{ end }}",
                   long_list),
            "refused: template: more than 100000 rounds of range");
  // A text that doubles with each round.
  EXPECT_EQ(render("{{ $a := \"xxxxxxxx\" }}{{ range secrets \"s\" }}"
                   "{{ $a = print $a $a }}{{ end }}",
                   long_list),
            "refused: template: the result is larger than 1048576 bytes");
}

TEST(TextTemplateProperty, AnswersWhateverItIsGiven) {
  constexpr const char* words[] = {
    "{{", "}}",   "{{-", "-}}", " ",  "\"a\"", "env", "key", "range", "with",
    "if", "else", "end", ".",   ".A", "$x",    ":=",  "=",   "|",     "(",
    ")",  ",",    "`",   "\"",  "1",  "true",  "/*",  "*/",  "nil",   "secret"};
  auto random = std::mt19937{7};
  for (auto round = 0; round < 20'000; ++round) {
    auto text = std::string{};
    for (auto i = random() % 24; i > 0; --i)
      text += words[random() % std::size(words)];
    auto said = render(text);
    EXPECT_NE(said, "refused: ") << text;
  }
}

} // namespace
} // namespace cts::text_template
