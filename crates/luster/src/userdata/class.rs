//! Classes: what scripts may do with the values of a type, and the metatable that comes of it.

use std::any::TypeId;
use std::hash::Hasher;
use std::marker::PhantomData;
use std::rc::Weak;

use gc_arena::Collect;
use luster_value::{
    Callback, CallbackReturn, Captured, Context, Error as Raised, LuaString, Raised as Reason,
    Stack, Table, Value,
};

use super::{UserData, part};
use crate::convert::IntoLua;
use crate::error::{Error, Result};
use crate::lua::Shared;
use crate::param::{LuaFunction, LuaFunctionMut, native, native_mut};

/// Makes a value inside an arena.
type Make = Box<dyn for<'gc> FnOnce(Context<'gc>) -> Result<Value<'gc>>>;

/// What scripts may do with the values of a type: see [`UserData`].
///
/// All functions have the parameters that they need, the value itself first where there is one: as
/// `&T`, as `&mut T`, or as `T`, which takes it out of the VM.
pub struct Class<T> {
    functions: Vec<(String, Make)>,
    methods: Vec<(String, Make)>,
    getters: Vec<(String, Make)>,
    setters: Vec<(String, Make)>,
    metamethods: Vec<(String, Make)>,
    of: PhantomData<fn(T)>,
}

impl<T> std::fmt::Debug for Class<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Class").finish_non_exhaustive()
    }
}

fn make<S: 'static>(function: impl LuaFunction<S>) -> Make {
    Box::new(|ctx| Ok(native(ctx, function)))
}

impl<T: UserData> Class<T> {
    fn new() -> Self {
        Class {
            functions: Vec::new(),
            methods: Vec::new(),
            getters: Vec::new(),
            setters: Vec::new(),
            metamethods: Vec::new(),
            of: PhantomData,
        }
    }

    /// Adds a function to the type's table, that makes a value: `Vec2.new(1, 2)`. It is a
    /// [`function`](Self::function) by a name that says what it does.
    pub fn constructor<S: 'static>(
        &mut self,
        name: impl Into<String>,
        function: impl LuaFunction<S>,
    ) -> &mut Self {
        self.function(name, function)
    }

    /// Adds a function to the type's table: `Vec2.distance(a, b)`.
    pub fn function<S: 'static>(
        &mut self,
        name: impl Into<String>,
        function: impl LuaFunction<S>,
    ) -> &mut Self {
        self.functions.push((name.into(), make(function)));
        self
    }

    /// Adds a constant to the type's table: `Vec2.ZERO`.
    pub fn constant(
        &mut self,
        name: impl Into<String>,
        value: impl IntoLua + 'static,
    ) -> &mut Self {
        self.functions.push((name.into(), Box::new(|ctx| value.into_lua(ctx))));
        self
    }

    /// Adds a method: `v:dot(w)`.
    pub fn method<S: 'static>(
        &mut self,
        name: impl Into<String>,
        function: impl LuaFunction<S>,
    ) -> &mut Self {
        self.methods.push((name.into(), make(function)));
        self
    }

    /// Adds a method that changes what it has captured.
    pub fn method_mut<S: 'static>(
        &mut self,
        name: impl Into<String>,
        function: impl LuaFunctionMut<S>,
    ) -> &mut Self {
        self.methods.push((name.into(), Box::new(|ctx| Ok(native_mut(ctx, function)))));
        self
    }

    #[cfg(feature = "async")]
    pub(crate) fn add_function(&mut self, name: String, function: Make) {
        self.functions.push((name, function));
    }

    #[cfg(feature = "async")]
    pub(crate) fn add_method(&mut self, name: String, method: Make) {
        self.methods.push((name, method));
    }

    /// Adds a field that can be read, stored or computed: `v.x`. Without a
    /// [`setter`](Self::setter) it cannot be set.
    pub fn field<S: 'static>(
        &mut self,
        name: impl Into<String>,
        getter: impl LuaFunction<S>,
    ) -> &mut Self {
        self.getters.push((name.into(), make(getter)));
        self
    }

    /// Adds a field that is a userdata itself, in the place where it stands: scripts borrow and change
    /// it there, and it lives as long as what it is a part of, which may be lent. While it is borrowed,
    /// the whole is.
    ///
    /// ```
    /// use luster::{Class, Lua, UserData};
    ///
    /// struct Player {
    ///     health: i64,
    /// }
    ///
    /// impl UserData for Player {
    ///     fn build(class: &mut Class<Self>) {
    ///         class.method("heal", |this: &mut Player, n: i64| this.health += n);
    ///     }
    /// }
    ///
    /// struct World {
    ///     player: Player,
    /// }
    ///
    /// impl UserData for World {
    ///     fn build(class: &mut Class<Self>) {
    ///         class.part("player", |world: &World| &world.player, |world| &mut world.player);
    ///     }
    /// }
    ///
    /// let lua = Lua::new();
    /// let mut world = World { player: Player { health: 1 } };
    /// lua.scope(|scope| {
    ///     lua.globals().set("world", scope.lend_mut(&mut world)?)?;
    ///     lua.load("player = world.player; player:heal(41)").exec()
    /// })?;
    /// assert_eq!(world.player.health, 42);
    /// // The part is gone with the whole.
    /// let error = lua.load("player:heal(1)").exec().unwrap_err();
    /// assert!(error.message().ends_with("it is not there any more)"), "{error}");
    /// # Ok::<(), luster::Error>(())
    /// ```
    pub fn part<P: UserData>(
        &mut self,
        name: impl Into<String>,
        shared: impl Fn(&T) -> &P + Clone + 'static,
        mutable: impl Fn(&mut T) -> &mut P + Clone + 'static,
    ) -> &mut Self {
        let make: Make = Box::new(move |ctx| Ok(part::getter::<T, P>(ctx, shared, mutable)));
        self.getters.push((name.into(), make));
        self
    }

    /// Lets a field be set: `v.x = 1`.
    pub fn setter<S: 'static>(
        &mut self,
        name: impl Into<String>,
        setter: impl LuaFunction<S>,
    ) -> &mut Self {
        self.setters.push((name.into(), make(setter)));
        self
    }

    /// Adds a metamethod by its name, `__add` say. `__index` and `__newindex` are asked for what is
    /// neither a method nor a field.
    pub fn meta<S: 'static>(
        &mut self,
        name: impl Into<String>,
        function: impl LuaFunction<S>,
    ) -> &mut Self {
        self.metamethods.push((name.into(), make(function)));
        self
    }
}

/// What the VM knows of a type.
#[derive(Clone, Copy)]
pub(crate) struct Metatable<'gc> {
    pub(crate) table: Table<'gc>,
    /// The table with the functions of the type.
    pub(crate) functions: Value<'gc>,
    pub(crate) has_finalizer: bool,
}

/// The key of the type's table in its metatable, which scripts do not see.
const FUNCTIONS: &str = "__class";

/// Hashes type ids, which are hashes already.
#[derive(Default)]
pub(crate) struct TypeIdHasher(u64);

impl Hasher for TypeIdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

/// The metatable of a type in a VM, which is made when it is needed first.
#[inline]
pub(crate) fn metatable<'gc, T: UserData>(ctx: Context<'gc>) -> Result<Metatable<'gc>> {
    let shared = ctx.host::<Weak<Shared>>().and_then(Weak::upgrade).ok_or_else(Error::closed)?;
    let metatables = shared.metatables.borrow();
    match metatables.get(&TypeId::of::<T>()) {
        Some(class) => match ctx.fetch(&class.table) {
            Some(Value::Table(table)) => {
                let functions = ctx.fetch(&class.functions).unwrap_or_default();
                Ok(Metatable { table, functions, has_finalizer: class.has_finalizer })
            }
            _ => Err(Error::foreign()),
        },
        None => {
            drop(metatables);
            build::<T>(ctx, &shared)
        }
    }
}

/// The same, held from outside the arena.
pub(crate) struct StashedClass {
    table: luster_value::Stashed,
    functions: luster_value::Stashed,
    has_finalizer: bool,
}

#[cold]
fn build<'gc, T: UserData>(ctx: Context<'gc>, shared: &Shared) -> Result<Metatable<'gc>> {
    let mut class = Class::<T>::new();
    T::build(&mut class);
    let functions = Table::new(ctx);
    let built = Metatable {
        table: Table::new(ctx),
        functions: Value::Table(functions),
        has_finalizer: class.metamethods.iter().any(|(name, _)| name == "__gc"),
    };
    // It is known before it is filled, since constants may be values of the very type.
    let stashed = StashedClass {
        table: ctx.stash_value(Value::Table(built.table)),
        functions: ctx.stash_value(built.functions),
        has_finalizer: built.has_finalizer,
    };
    shared.metatables.borrow_mut().insert(TypeId::of::<T>(), stashed);
    if let Err(error) = fill_class(ctx, class, functions, built.table) {
        shared.metatables.borrow_mut().remove(&TypeId::of::<T>());
        return Err(error);
    }
    Ok(built)
}

fn fill_class<'gc, T: UserData>(
    ctx: Context<'gc>,
    class: Class<T>,
    functions: Table<'gc>,
    metatable: Table<'gc>,
) -> Result<()> {
    let methods = Table::new(ctx);
    fill(ctx, functions, class.functions)?;
    // `Vec2.dot(v, w)` is as good as `v:dot(w)`. Of a method and a field with the same name, values
    // have the field.
    for (name, method) in class.methods {
        let method = method(ctx)?;
        functions.set_field(ctx, &name, method);
        if !class.getters.iter().any(|(field, _)| *field == name) {
            methods.set_field(ctx, &name, method);
        }
    }
    let fields = Fields { methods, getters: Table::new(ctx), setters: Table::new(ctx) };
    let has_getters = !class.getters.is_empty();
    let has_fields = has_getters || !class.setters.is_empty();
    fill(ctx, fields.getters, class.getters)?;
    fill(ctx, fields.setters, class.setters)?;
    fill(ctx, metatable, class.metamethods)?;
    let index = metatable.get_field(ctx, "__index");
    let new_index = metatable.get_field(ctx, "__newindex");
    let index = match index {
        Value::Nil if !has_getters => Value::Table(methods),
        otherwise => {
            Value::Callback(Callback::captured(ctx, "__index", Index { fields, otherwise }))
        }
    };
    metatable.set_field(ctx, "__index", index);
    if has_fields {
        let set_index = SetIndex { fields, otherwise: new_index };
        let set_index = Callback::captured(ctx, "__newindex", set_index);
        metatable.set_field(ctx, "__newindex", Value::Callback(set_index));
    }
    metatable.set_field(ctx, "__name", ctx.string(T::name()));
    metatable.set_field(ctx, "__metatable", Value::False);
    metatable.set_field(ctx, FUNCTIONS, Value::Table(functions));
    Ok(())
}

fn fill<'gc>(ctx: Context<'gc>, table: Table<'gc>, entries: Vec<(String, Make)>) -> Result<()> {
    for (name, make) in entries {
        let value = make(ctx)?;
        table.set_field(ctx, &name, value);
    }
    Ok(())
}

/// Where the methods and fields of a type are.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
struct Fields<'gc> {
    methods: Table<'gc>,
    getters: Table<'gc>,
    setters: Table<'gc>,
}

/// What was an error about an argument is one about the field: scripts see no call.
#[cold]
fn about_field<'gc>(error: Raised<'gc>, name: LuaString<'gc>) -> Raised<'gc> {
    let Raised::Raised(raised) = error else { return error };
    match *raised {
        Reason::Argument(1, message) => Raised::message(message),
        Reason::Argument(_, message) => {
            let mut text = b"bad value for field '".to_vec();
            text.extend(name.as_bytes());
            text.extend(b"' (");
            text.extend(message);
            text.push(b')');
            Raised::message(text)
        }
        other => Raised::Raised(Box::new(other)),
    }
}

/// `value[key]` of a type that has fields.
#[derive(Collect)]
#[collect(no_drop)]
struct Index<'gc> {
    fields: Fields<'gc>,
    otherwise: Value<'gc>,
}

impl<'gc> Captured<'gc> for Index<'gc> {
    fn call(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> std::result::Result<CallbackReturn<'gc>, Raised<'gc>> {
        // Methods come last: they have been looked for already, unless a script calls this itself.
        if let Value::String(key) = stack.get(1) {
            if let Value::Callback(getter) = self.fields.getters.get_string(key) {
                stack.resize(1);
                return getter.call(ctx, stack).map_err(|error| about_field(error, key));
            }
            let method = self.fields.methods.get_string(key);
            if !method.is_nil() {
                stack.replace(method);
                return Ok(CallbackReturn::Return);
            }
        }
        match self.otherwise {
            Value::Nil => {
                stack.replace(Value::Nil);
                Ok(CallbackReturn::Return)
            }
            otherwise => Ok(CallbackReturn::Call(otherwise, None)),
        }
    }

    /// Methods are found without a call, and so are fields whose getters cannot fail.
    fn index(&self, ctx: Context<'gc>, object: Value<'gc>, key: Value<'gc>) -> Option<Value<'gc>> {
        let Value::String(key) = key else { return None };
        match self.fields.methods.get_string(key) {
            Value::Nil => match self.fields.getters.get_string(key) {
                Value::Callback(getter) => getter.value(ctx, &[object]),
                _ => None,
            },
            method => Some(method),
        }
    }
}

/// `value[key] = new` of a type that has fields.
#[derive(Collect)]
#[collect(no_drop)]
struct SetIndex<'gc> {
    fields: Fields<'gc>,
    otherwise: Value<'gc>,
}

impl<'gc> Captured<'gc> for SetIndex<'gc> {
    fn call(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> std::result::Result<CallbackReturn<'gc>, Raised<'gc>> {
        let key = stack.get(1);
        if let Value::String(key) = key
            && let Value::Callback(setter) = self.fields.setters.get_string(key)
        {
            stack.remove(1);
            return setter.call(ctx, stack).map_err(|error| about_field(error, key));
        }
        if !self.otherwise.is_nil() {
            return Ok(CallbackReturn::Call(self.otherwise, None));
        }
        Err(self.refusal(ctx, stack.get(0), key))
    }

    /// Fields are set without a call when nothing can go wrong any more.
    fn set_index(
        &self,
        ctx: Context<'gc>,
        object: Value<'gc>,
        key: Value<'gc>,
        value: Value<'gc>,
    ) -> bool {
        if let Value::String(key) = key
            && let Value::Callback(setter) = self.fields.setters.get_string(key)
        {
            return setter.value(ctx, &[object, value]).is_some();
        }
        false
    }
}

impl<'gc> SetIndex<'gc> {
    /// Why a field cannot be set.
    #[cold]
    fn refusal(&self, ctx: Context<'gc>, value: Value<'gc>, key: Value<'gc>) -> Raised<'gc> {
        let mut name = Vec::new();
        ctx.write_basic(&mut name, key);
        let is_there = |key: LuaString<'gc>| {
            !self.fields.getters.get_string(key).is_nil()
                || !self.fields.methods.get_string(key).is_nil()
        };
        let is_read_only = matches!(key, Value::String(key) if is_there(key));
        let of = ctx.type_name(value);
        let name = String::from_utf8_lossy(&name);
        if is_read_only {
            Raised::message(format!("field '{name}' of {of} is read-only"))
        } else {
            Raised::message(format!("{of} has no field '{name}'"))
        }
    }
}
