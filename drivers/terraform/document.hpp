#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cts::terraform {

/// Text in Terraform's language, laid out like `terraform fmt` does it: two
/// blanks for each line that leaves brackets open, `=` aligned in runs of
/// one-line assignments. Source: spec chapter terraform-driver, 1.4.
class document {
public:
  void blank();

  /// One `# text` line; `text` has no line break.
  void comment(std::string_view text);

  /// A line of its own: a block's header, a closing bracket.
  void line(std::string_view text);

  /// A complete one-line assignment.
  void assign(std::string_view name, std::string_view text);

  /// Begins an assignment whose value follows by `append`.
  void begin(std::string_view name);

  /// Adds to the current line.
  void append(std::string_view text);

  void end_line();

  /// Everything so far, laid out, each line ended by a line feed.
  std::string text() const;

private:
  enum class kind : unsigned char { blank, comment, plain, assignment };

  /// One line; what it consists of is in `written_`, name before text.
  struct entry {
    document::kind kind = kind::plain;
    /// Opening minus closing brackets.
    int balance = 0;
    std::size_t begin = 0;
    /// Of an assignment.
    std::size_t name_size = 0;
    std::size_t text_size = 0;
  };

  void end_line(entry line);
  std::string_view name_of(const entry& x) const;
  std::string_view text_of(const entry& x) const;

  /// Where `=` stands in each line; 0: right behind the name.
  std::vector<std::size_t> columns() const;

  std::vector<entry> lines_;
  entry current_;
  /// In one piece: a file may have hundreds of thousands of lines.
  std::string written_;
};

} // namespace cts::terraform
