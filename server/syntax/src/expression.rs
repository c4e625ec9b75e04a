//! Expressions, by recursive descent with HCL's own precedence.

use smol_str::SmolStr;
use stockade_text::{TextRange, TextSize};

use crate::ast::{BinaryOp, Expr, ExprKind, For, Ident, ObjectEntry, UnaryOp};
use crate::parse::{Parsed, Parser, exact};

impl Parser<'_> {
    /// The whole text as one expression.
    pub(crate) fn whole_expression(&mut self) -> Parsed<Expr> {
        self.with_newlines(false, |p| {
            let expr = p.expression()?;
            p.skip();
            if p.cursor.is_end() {
                Ok(expr)
            } else {
                p.expected("the end of the expression")
            }
        })
    }

    pub(crate) fn expression(&mut self) -> Parsed<Expr> {
        self.nested(Self::conditional)
    }

    fn conditional(&mut self) -> Parsed<Expr> {
        let condition = self.binary(1)?;
        self.skip();
        if self.cursor.byte() != b'?' {
            return Ok(condition);
        }
        self.cursor.at += 1;
        let then = self.branch()?;
        self.expect(":", "\":\" and what else to take")?;
        let otherwise = self.branch()?;
        let range = condition.range.cover(otherwise.range);
        let kind = ExprKind::Conditional {
            condition: Box::new(condition),
            then: Box::new(then),
            otherwise: Box::new(otherwise),
        };
        Ok(Expr { kind, range })
    }

    fn branch(&mut self) -> Parsed<Expr> {
        self.skip();
        self.expression()
    }

    fn binary(&mut self, precedence: u8) -> Parsed<Expr> {
        let mut left = self.unary()?;
        loop {
            self.skip();
            let Some((op, length)) = self.operator() else {
                return Ok(left);
            };
            if op.precedence() < precedence {
                return Ok(left);
            }
            self.cursor.at += length;
            let right = self.nested(|p| p.binary(op.precedence() + 1))?;
            self.grow()?;
            let range = left.range.cover(right.range);
            left = Expr {
                kind: ExprKind::Binary {
                    op,
                    left: Box::new(left),
                    right: Box::new(right),
                },
                range,
            };
        }
    }

    fn operator(&self) -> Option<(BinaryOp, usize)> {
        Some(match (self.cursor.byte(), self.cursor.byte_at(1)) {
            (b'|', b'|') => (BinaryOp::Or, 2),
            (b'&', b'&') => (BinaryOp::And, 2),
            (b'=', b'=') => (BinaryOp::Equal, 2),
            (b'!', b'=') => (BinaryOp::NotEqual, 2),
            (b'<', b'=') => (BinaryOp::LessOrEqual, 2),
            (b'>', b'=') => (BinaryOp::GreaterOrEqual, 2),
            (b'<', _) => (BinaryOp::Less, 1),
            (b'>', _) => (BinaryOp::Greater, 1),
            (b'+', _) => (BinaryOp::Add, 1),
            (b'-', _) => (BinaryOp::Subtract, 1),
            (b'*', _) => (BinaryOp::Multiply, 1),
            (b'/', _) => (BinaryOp::Divide, 1),
            (b'%', _) => (BinaryOp::Modulo, 1),
            _ => return None,
        })
    }

    fn unary(&mut self) -> Parsed<Expr> {
        self.skip();
        let start = self.cursor.size();
        let op = match self.cursor.byte() {
            b'!' if self.cursor.byte_at(1) != b'=' => UnaryOp::Not,
            b'-' => UnaryOp::Negate,
            _ => return self.postfix(),
        };
        self.cursor.at += 1;
        let of = self.nested(Self::unary)?;
        let range = TextRange::new(start, of.range.end());
        Ok(Expr {
            kind: ExprKind::Unary {
                op,
                of: Box::new(of),
            },
            range,
        })
    }

    fn postfix(&mut self) -> Parsed<Expr> {
        let expr = self.primary()?;
        self.steps(expr)
    }

    /// The steps after an expression: names, indexes, splats. A newline may stand before them only
    /// where newlines mean nothing.
    fn steps(&mut self, mut expr: Expr) -> Parsed<Expr> {
        loop {
            self.grow()?;
            let saved = self.cursor.at;
            self.skip();
            match self.cursor.byte() {
                b'.' if self.cursor.byte_at(1) != b'.' => {
                    self.cursor.at += 1;
                    self.skip();
                    if self.cursor.eat("*") {
                        return self.nested(|p| p.attribute_splat(expr));
                    }
                    expr = self.member(expr)?;
                }
                b'[' => {
                    self.cursor.at += 1;
                    let rest = self.cursor.rest().trim_start();
                    if rest.starts_with('*') && rest[1..].trim_start().starts_with(']') {
                        self.with_newlines(false, |p| {
                            p.expect("*", "\"*\"")?;
                            p.expect("]", "\"]\"")
                        })?;
                        return self.nested(|p| p.full_splat(expr));
                    }
                    expr = self.index(expr)?;
                }
                _ => {
                    self.cursor.at = saved;
                    return Ok(expr);
                }
            }
        }
    }

    /// After a `.`: a name, or a legacy index such as `.0`.
    fn member(&mut self, of: Expr) -> Parsed<Expr> {
        let start = self.cursor.size();
        if self.cursor.byte().is_ascii_digit() {
            let digits = self
                .cursor
                .rest()
                .bytes()
                .take_while(u8::is_ascii_digit)
                .count();
            let text = SmolStr::new(&self.cursor.rest()[..digits]);
            self.cursor.at += digits;
            if self.cursor.byte() == b'.' && self.cursor.byte_at(1).is_ascii_digit() {
                return self.error("\".0\" can't follow another index; write \"[0]\"");
            }
            let range = self.cursor.range_from(start);
            let key = Expr {
                kind: ExprKind::Number(text),
                range,
            };
            let whole = of.range.cover(range);
            return Ok(Expr {
                kind: ExprKind::Index {
                    of: Box::new(of),
                    key: Box::new(key),
                },
                range: whole,
            });
        }
        let name = self.ident("a name after \".\"")?;
        let range = of.range.cover(name.range);
        Ok(Expr {
            kind: ExprKind::GetAttr {
                of: Box::new(of),
                name,
            },
            range,
        })
    }

    /// After `[`.
    fn index(&mut self, of: Expr) -> Parsed<Expr> {
        let key = self.with_newlines(false, |p| {
            let key = p.expression()?;
            p.expect("]", "\"]\"")?;
            Ok(key)
        })?;
        let range = TextRange::new(of.range.start(), self.cursor.size());
        Ok(Expr {
            kind: ExprKind::Index {
                of: Box::new(of),
                key: Box::new(key),
            },
            range,
        })
    }

    /// After `.*`: only names follow, indexes apply to the result.
    fn attribute_splat(&mut self, of: Expr) -> Parsed<Expr> {
        let at = self.cursor.size();
        let mut each = Expr {
            kind: ExprKind::SplatItem,
            range: TextRange::empty(at),
        };
        loop {
            self.grow()?;
            let saved = self.cursor.at;
            self.skip();
            if self.cursor.byte() == b'.' && self.cursor.byte_at(1) != b'.' {
                self.cursor.at += 1;
                self.skip();
                each = self.member(each)?;
            } else {
                self.cursor.at = saved;
                break;
            }
        }
        let range = TextRange::new(of.range.start(), self.cursor.size());
        let splat = Expr {
            kind: ExprKind::Splat {
                of: Box::new(of),
                each: Box::new(each),
                full: false,
            },
            range,
        };
        self.steps(splat)
    }

    /// After `[*]`: everything that follows applies to each element.
    fn full_splat(&mut self, of: Expr) -> Parsed<Expr> {
        let at = self.cursor.size();
        let item = Expr {
            kind: ExprKind::SplatItem,
            range: TextRange::empty(at),
        };
        let each = self.nested(|p| p.steps(item))?;
        let range = TextRange::new(of.range.start(), self.cursor.size());
        Ok(Expr {
            kind: ExprKind::Splat {
                of: Box::new(of),
                each: Box::new(each),
                full: true,
            },
            range,
        })
    }

    fn primary(&mut self) -> Parsed<Expr> {
        self.skip();
        let start = self.cursor.size();
        let kind = match self.cursor.byte() {
            b'0'..=b'9' => self.number()?,
            b'"' => ExprKind::Template(self.quoted()?),
            b'<' if self.cursor.byte_at(1) == b'<' => ExprKind::Template(self.heredoc()?),
            b'(' => {
                self.cursor.at += 1;
                let inner = self.with_newlines(false, |p| {
                    let inner = p.expression()?;
                    p.expect(")", "\")\"")?;
                    Ok(inner)
                })?;
                ExprKind::Paren(Box::new(inner))
            }
            b'[' => {
                self.cursor.at += 1;
                self.with_newlines(false, Self::tuple)?
            }
            b'{' => {
                self.cursor.at += 1;
                self.object()?
            }
            _ => return self.word(start),
        };
        Ok(Expr {
            kind,
            range: self.cursor.range_from(start),
        })
    }

    fn word(&mut self, start: TextSize) -> Parsed<Expr> {
        let name = self.ident("an expression")?;
        let kind = match name.name.as_str() {
            "null" => ExprKind::Null,
            "true" => ExprKind::Bool(true),
            "false" => ExprKind::Bool(false),
            _ => {
                let call = self.call_name(name)?;
                match call {
                    (name, true) => self.arguments(name)?,
                    (name, false) => ExprKind::Variable(name.name),
                }
            }
        };
        Ok(Expr {
            kind,
            range: self.cursor.range_from(start),
        })
    }

    /// A name, or a namespaced one, and whether `(` follows, taken.
    fn call_name(&mut self, mut name: Ident) -> Parsed<(Ident, bool)> {
        let mut is_namespaced = false;
        loop {
            let saved = self.cursor.at;
            self.skip();
            if self.cursor.eat("::") {
                self.skip();
                let part = self.ident("a name after \"::\"")?;
                name = Ident {
                    name: SmolStr::from(format!("{}::{}", name.name, part.name)),
                    range: name.range.cover(part.range),
                };
                is_namespaced = true;
            } else if self.cursor.eat("(") {
                return Ok((name, true));
            } else if is_namespaced {
                return self.expected("\"(\": only functions have namespaces");
            } else {
                self.cursor.at = saved;
                return Ok((name, false));
            }
        }
    }

    /// After `name(`.
    fn arguments(&mut self, name: Ident) -> Parsed<ExprKind> {
        self.with_newlines(false, |p| {
            let (mut args, mut expand) = (Vec::new(), false);
            loop {
                p.skip();
                if p.cursor.eat(")") {
                    break;
                }
                args.push(p.expression()?);
                p.skip();
                if p.cursor.eat("...") {
                    expand = true;
                    p.expect(")", "\")\" after \"...\"")?;
                    break;
                }
                if !p.cursor.eat(",") {
                    p.expect(")", "\",\" or \")\"")?;
                    break;
                }
            }
            let args = exact(args);
            Ok(ExprKind::Call { name, args, expand })
        })
    }

    /// `1`, `1.5`, `1e5`; no hexadecimal, no leading `.`.
    fn number(&mut self) -> Parsed<ExprKind> {
        let rest = self.cursor.rest().as_bytes();
        let digits = |from: usize| {
            rest[from.min(rest.len())..]
                .iter()
                .take_while(|c| c.is_ascii_digit())
                .count()
        };
        let mut length = digits(0);
        if rest.get(length) == Some(&b'.') && digits(length + 1) > 0 {
            length += 1 + digits(length + 1);
        }
        if matches!(rest.get(length), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(rest.get(length + 1), Some(b'+' | b'-')));
            let exponent = digits(length + 1 + sign);
            if exponent > 0 {
                length += 1 + sign + exponent;
            }
        }
        let text = SmolStr::new(&self.cursor.rest()[..length]);
        self.cursor.at += length;
        let is_version = self.cursor.byte() == b'.'
            && self.cursor.byte_at(1).is_ascii_digit()
            && text.contains('.');
        match self.cursor.rest().chars().next() {
            Some(c) if crate::scan::is_continue(c) && c != '-' => self.error("not a number"),
            _ if is_version => self.error("not a number: more than one \".\""),
            _ => Ok(ExprKind::Number(text)),
        }
    }

    /// After `[`.
    fn tuple(&mut self) -> Parsed<ExprKind> {
        self.skip();
        if let Some(kind) = self.for_expression("]")? {
            return Ok(kind);
        }
        let mut elements = Vec::new();
        loop {
            self.skip();
            if self.cursor.eat("]") {
                return Ok(ExprKind::Tuple(exact(elements)));
            }
            elements.push(self.expression()?);
            self.skip();
            if !self.cursor.eat(",") {
                self.expect("]", "\",\" or \"]\"")?;
                return Ok(ExprKind::Tuple(exact(elements)));
            }
        }
    }

    /// After `{`. Entries are separated by commas or new lines.
    fn object(&mut self) -> Parsed<ExprKind> {
        self.cursor.skip(true);
        if let Some(kind) = self.with_newlines(false, |p| p.for_expression("}"))? {
            return Ok(kind);
        }
        let mut entries = Vec::new();
        loop {
            self.cursor.skip(true);
            if self.cursor.eat("}") {
                return Ok(ExprKind::Object(exact(entries)));
            }
            if self.cursor.is_end() {
                return self.error("this object is not closed: \"}\" is missing");
            }
            entries.push(self.with_newlines(true, Self::entry)?);
            self.cursor.skip(false);
            match self.cursor.byte() {
                b',' => self.cursor.at += 1,
                b'}' => {}
                _ if self.cursor.is_line_end() => {}
                _ => return self.expected("\",\", a new line or \"}\""),
            }
        }
    }

    fn entry(&mut self) -> Parsed<ObjectEntry> {
        let key = self.expression()?;
        self.skip();
        let is_colon = self.cursor.eat(":");
        if !is_colon && (self.cursor.byte_at(1) == b'=' || !self.cursor.eat("=")) {
            return self.expected("\"=\" or \":\"");
        }
        let value = self.expression()?;
        Ok(ObjectEntry { key, value })
    }

    /// After `[` or `{`, if `for` stands there. A key of that name needs quotes.
    fn for_expression(&mut self, close: &str) -> Parsed<Option<ExprKind>> {
        if self.cursor.peek_word() != "for" {
            return Ok(None);
        }
        self.ident("for")?;
        self.skip();
        let mut value = self.ident("a name after \"for\"")?;
        let mut key = None;
        self.skip();
        if self.cursor.eat(",") {
            self.skip();
            key = Some(std::mem::replace(&mut value, self.ident("a second name")?));
            self.skip();
        }
        if self.ident("\"in\"")?.name != "in" {
            return self.error("expected \"in\"");
        }
        let collection = self.expression()?;
        self.expect(":", "\":\"")?;
        let mut result = self.expression()?;
        let mut result_key = None;
        self.skip();
        if close == "}" {
            self.expect("=>", "\"=>\"")?;
            result_key = Some(std::mem::replace(&mut result, self.expression()?));
        }
        self.skip();
        let group = close == "}" && self.cursor.eat("...");
        self.skip();
        let mut condition = None;
        if self.cursor.peek_word() == "if" {
            self.ident("if")?;
            condition = Some(self.expression()?);
        }
        self.expect(close, &format!("\"{close}\""))?;
        Ok(Some(ExprKind::For(Box::new(For {
            key,
            value,
            collection,
            result_key,
            result,
            condition,
            group,
        }))))
    }
}
