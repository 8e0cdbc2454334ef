#pragma once

#include "core/error.hpp"
#include "core/hcl/cursor.hpp"
#include "core/hcl/evaluate.hpp"
#include "core/value.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cts::hcl {

/// Reads and evaluates in one go, without a tree: what is evaluated repeatedly
/// is read repeatedly. First everything is read without being evaluated, so
/// that mistakes of syntax come before all others. For the files of `evaluate`
/// alone.
class evaluator {
public:
  struct problem {
    span where{};
    std::string summary{};
    std::string detail{};
  };

  struct attribute {
    std::string name{};
    span where{};
    value result{};
  };

  /// What a value counts in the budget of the loops; what is outside of loops
  /// is bounded by the text itself.
  static constexpr std::size_t work_of_value = 10;
  /// How much each byte adds to the budget.
  static constexpr std::size_t work_of_byte = 100;

  evaluator(std::string_view text, std::string path, loop_budget& budget)
    : text_{text}, path_{std::move(path)}, budget_{budget}, at_{text} {
    budget_.left += work_of_byte * text.size();
  }

  /// All attributes of a file.
  result<std::vector<attribute>> file();
  /// The text as one expression.
  result<value> expression_only();

private:
  /// A value, or nothing if it could not be determined, which has been reported
  /// or does not matter.
  using outcome = std::optional<value>;
  using position = cursor::position;

  struct variable {
    std::string name{};
    outcome bound{};
  };

  /// From where to where there is nothing but blanks and comments.
  struct skipped {
    std::size_t begin = 0;
    /// Were line breaks blanks?
    bool lines = false;
    position end{};
  };

  /// How a template ends, and what is cut from the front of its lines.
  struct template_end {
    /// Offset of the end of a heredoc; 0: a quote ends it.
    std::size_t offset = 0;
    std::size_t indentation = 0;
  };

  // -- files ------------------------------------------------------------------

  struct attributes {
    std::vector<attribute> all{};
    /// Where each was set first.
    std::unordered_map<std::string, span> places{};
  };

  bool body(attributes& to, bool nested);
  bool definition(attributes& to, bool nested);
  bool attribute_value(attributes& to, std::string name, const span& where);
  bool block(const std::string& type, const span& where);
  error failure() const;

  // -- expressions; false: syntax error, stop
  // -----------------------------------

  bool expression(outcome& to);
  bool conditional(const position& begin, outcome& to);
  bool binary(unsigned level, outcome& to);
  bool unary(outcome& to);
  bool postfix(outcome& to);
  bool attribute_access(const position& begin, outcome& to);
  bool index_access(const position& begin, outcome& to);
  bool splat(outcome& to);
  bool term(outcome& to);
  bool name(outcome& to);
  bool call(const position& begin, outcome& to);
  bool number_literal(outcome& to);
  bool tuple(outcome& to);
  bool object_literal(outcome& to);
  bool object_key(std::optional<std::string>& to);
  bool brackets(outcome& to, bool (evaluator::*inside)(outcome&));

  // -- for
  // ----------------------------------------------------------------------

  struct loop {
    position begin{};
    std::string key{};
    std::string item{};
    bool object = false;
    outcome collection{};
  };

  struct collected {
    list items{};
    cts::object members{};
    bool known = true;
  };

  bool at_for();
  bool for_expression(outcome& to, bool object);
  bool for_head(loop& head);
  bool repeat(const loop& head, const std::function<bool()>& body, bool& known);
  bool for_body(const loop& head, collected& to);
  bool for_condition(bool& selected);
  void collect(const loop& head, const outcome& key, const outcome& item,
               bool grouped, collected& to);

  // -- templates
  // ----------------------------------------------------------------

  /// What has been made of a template so far.
  struct rendering {
    std::string text{};
    bool known = true;
    /// Where in `text` the latest literal begins; `~` cuts only that.
    std::size_t literal = 0;
    /// Blanks are skipped, because a marker before them ended in `~`.
    bool strip = false;
  };

  bool quoted(outcome& to);
  bool heredoc(outcome& to);
  bool heredoc_content(const template_end& end, outcome& to);
  bool template_parts(const template_end& end, rendering& to);
  bool template_part(const template_end& end, rendering& to);
  bool at_end_of(const template_end& end) const;
  void cut_indentation(const template_end& end);
  bool interpolation(outcome& to, bool& strip_after);
  bool interpolate(rendering& to);
  bool append(const outcome& part, const position& begin, rendering& to);
  bool character(const template_end& end, rendering& to);
  bool escape(std::string& to);
  bool directive(const template_end& end, rendering& to);
  bool if_directive(const template_end& end, rendering& to);
  bool branch(const template_end& end, bool wanted, rendering& to);
  bool for_directive(const template_end& end, rendering& to);
  void open_directive(const char* word);
  bool close_directive(rendering& to);
  std::string word_of_directive();

  // -- values
  // -------------------------------------------------------------------

  outcome apply(const std::string& op, const outcome& a, const outcome& b,
                const span& where);
  std::optional<bool> truth_of(const outcome& x, const span& where,
                               const char* summary, const char* detail);
  std::optional<number> number_of(const outcome& x, const span& where,
                                  const char* side);
  std::optional<std::string> text_of(const value& x) const;
  void attribute_of(outcome& to, const std::string& name, const span& where);
  void element_of(outcome& to, const outcome& index, const span& where);

  // -- reading
  // ------------------------------------------------------------------

  void skip();
  bool skip_comment();
  bool take(std::string_view mark);
  bool looking_at(std::string_view mark) const;
  std::string identifier();
  bool at_identifier() const;
  bool spend(std::size_t amount);

  bool syntax(const span& where, std::string summary, std::string detail);
  bool invalid_expression();
  void semantic(const span& where, std::string summary, std::string detail);
  span here() const;
  std::string range_text(const span& where) const;

  std::string_view text_;
  std::string path_;
  loop_budget& budget_;
  cursor at_;
  /// The latest blanks and comments: what is tried in several ways passes them
  /// several times.
  std::optional<skipped> skipped_{};
  std::vector<problem> problems_{};
  std::vector<variable> scope_{};
  /// Only read, for syntax or because the value is not wanted.
  bool skipping_ = true;
  /// Inside brackets a line break means nothing.
  unsigned brackets_ = 0;
  unsigned depth_ = 0;
};

} // namespace cts::hcl
