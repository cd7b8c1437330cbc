//! Ids of everything that had a name in the text: below this stage nobody looks names up.

use koru_base::id;

id!(
    /// A loaded file.
    ModuleId, "module"
);
id!(
    /// An interned type.
    TypeId, "type"
);
id!(
    /// A struct, enum, union or opaque type; a module's host part is a struct without fields.
    ContainerId, "container"
);
id!(
    /// An event.
    EventId, "event"
);
id!(
    /// A `fn` as declared, before its compile-time parameters are known.
    FunctionId, "function"
);
id!(
    /// Something with code of its own: a function with all compile-time parameters known, an event's
    /// implementation, a flow.
    InstanceId, "instance"
);
id!(
    /// A container variable, or a constant whose address is taken.
    GlobalId, "global"
);
id!(
    /// A parameter, binding or variable of a body.
    LocalId, "local"
);
id!(
    /// A block, loop or labelled call that can be left or repeated by name.
    LabelId, "label"
);
id!(
    /// A `tap` flow.
    TapId, "tap"
);
