//! How wide tables are laid out, and what does not fit: [`Layout`] says the columns there are and whether
//! the best rows carry a mark; [`push_folded`] sets a table in pieces below each other, each with the
//! beginning of its rows, and [`push_wrapped`] breaks sentences between words. In a layout of [`WIDTH`]
//! columns nothing is folded.

/// Columns of the widest line in files.
pub const WIDTH: usize = 100;
/// Columns below which nothing is laid out: the widest piece of a table would not fit.
const LEAST_WIDTH: usize = 80;
/// Before the name of the best row.
pub(crate) const BEST: &str = "▸ ";
/// Before the name of a row that is not told apart from the best one.
pub(crate) const TIE: &str = "· ";

/// Whether rows say that they are the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marks {
    /// They do not, as in files.
    None,
    /// `▸` before the best, `·` before those not told apart from it.
    Best,
}

/// How tables are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    width: usize,
    pub(crate) marks: Marks,
}

impl Layout {
    /// As files hold tables, and as they are printed where there is no terminal.
    pub const FILE: Self = Self { width: WIDTH, marks: Marks::None };

    /// For a terminal of so many columns, of which 80 to 100 are used.
    pub fn terminal(columns: usize) -> Self {
        Self { width: columns.clamp(LEAST_WIDTH, WIDTH), marks: Marks::Best }
    }

    /// Columns that a line may have.
    pub fn width(self) -> usize {
        self.width
    }
}

/// Pushes the lines of one table, whose rows begin with `head` columns and go on in groups of columns
/// that stay together, each as wide as `groups` says with the spaces before it. Where they do not all fit,
/// they stand in pieces below each other, of about as many groups each.
pub(crate) fn push_folded(
    lines: &mut Vec<String>,
    table: Vec<String>,
    head: usize,
    groups: &[usize],
    width: usize,
) {
    let pieces = pieces(head, groups, width);
    if pieces.len() < 2 {
        return lines.extend(table);
    }
    for (k, &(begin, end)) in pieces.iter().enumerate() {
        if k > 0 {
            lines.push(String::new());
        }
        let start = head + groups[..begin].iter().sum::<usize>();
        let n: usize = groups[begin..end].iter().sum();
        for line in &table {
            let first: String = line.chars().take(head).collect();
            let rest: String = line.chars().skip(start).take(n).collect();
            lines.push(first + &rest);
        }
    }
}

/// Which groups stand beside each other: as few pieces as fit, and these as even as they can be.
fn pieces(head: usize, groups: &[usize], width: usize) -> Vec<(usize, usize)> {
    let room = width.saturating_sub(head);
    let within = |most: usize| {
        let mut pieces = Vec::new();
        let (mut begin, mut used) = (0, 0);
        for (k, &group) in groups.iter().enumerate() {
            if k > begin && (used + group > room || k - begin == most) {
                pieces.push((begin, k));
                (begin, used) = (k, 0);
            }
            used += group;
        }
        pieces.push((begin, groups.len()));
        pieces
    };
    let fewest = within(groups.len()).len();
    let most = groups.len().div_ceil(fewest);
    let even = within(most);
    if even.len() == fewest { even } else { within(groups.len()) }
}

/// Appends a text in lines of `width` columns, later lines indented. Spaces inside a line that
/// fits are kept; a word longer than a line is left whole.
pub(crate) fn push_wrapped(text: &mut String, paragraph: &str, indent: &str, layout: Layout) {
    if paragraph.chars().count() <= layout.width {
        text.push_str(paragraph);
        text.push('\n');
        return;
    }
    let mut width = 0;
    for word in paragraph.split_whitespace() {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > layout.width {
            text.push('\n');
            text.push_str(indent);
            width = indent.chars().count();
        } else if width > 0 {
            text.push(' ');
            width += 1;
        }
        text.push_str(word);
        width += length;
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_stands_below_with_the_beginning_of_its_rows() {
        let table = || ["model   a   b   c", "gnn     1   2   3"].map(str::to_owned).to_vec();
        let folded = |width| {
            let mut lines = Vec::new();
            push_folded(&mut lines, table(), 5, &[4, 4, 4], width);
            lines
        };
        assert_eq!(folded(17), table());
        let expected =
            ["model   a   b", "gnn     1   2", "", "model   c", "gnn     3"].map(str::to_owned);
        assert_eq!(folded(16), expected);
    }

    #[test]
    fn pieces_are_few_and_even() {
        assert_eq!(pieces(25, &[13; 5], 100), [(0, 5)]);
        assert_eq!(pieces(25, &[13; 5], 80), [(0, 3), (3, 5)]);
        assert_eq!(pieces(25, &[21, 25, 21, 8], 80), [(0, 2), (2, 4)]);
        assert_eq!(pieces(25, &[90], 80), [(0, 1)], "what fits nowhere stands by itself");
    }

    #[test]
    fn a_terminal_has_the_columns_that_tables_can_use() {
        assert_eq!([20, 80, 90, 300].map(|n| Layout::terminal(n).width()), [80, 80, 90, 100]);
    }
}
