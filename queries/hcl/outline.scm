; The outline of a configuration: blocks with their labels, and arguments.

(block
  . (identifier) @name
  [(string_lit) (identifier)]* @name
  (block_start)) @block

(attribute
  . (identifier) @name) @argument
