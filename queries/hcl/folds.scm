; What an editor can fold: everything that brackets enclose, heredocs, and comments of several lines.

(block) @bracketed
(object) @bracketed
(tuple) @bracketed
(function_call) @bracketed
(heredoc_template) @bracketed
(comment) @comment
