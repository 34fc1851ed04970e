//! Messages for tests: each field drawn within its limits, what is computed left out, what is asserted tried until it holds.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{BinOp, Expr, Lit};

use crate::field::{Bits, Extent, Field, Kind, Map, Presence, Role};
use crate::layout::{Node, nodes};
use crate::model::{Body, Declaration, Fields, Frame, Union, with_holder};
use crate::number::{Number, Wide, bits_of};
use crate::read::Reader;

/// Writes what draws a declaration.
pub(crate) struct Drawer<'a> {
    pub(crate) of: &'a Declaration,
}

impl Drawer<'_> {
    /// The items of `Declare` that are for tests.
    pub(crate) fn items(&self) -> TokenStream {
        let (canonical, mapped) = (self.canonical(), self.mapped());
        let names = self.of.given.iter().map(|(name, _)| name);
        let asserts = holds(&self.of.asserts);
        let name = &self.of.ident;
        let one = match &self.of.body {
            Body::Struct(fields) => {
                let fits = self.fits(fields);
                let message = self.fields(fields, &quote!(#name));
                quote!(let __message = #message; #fits ::core::option::Option::Some(__message))
            }
            Body::Enum(union) => self.union(union),
        };
        quote! {
            __wireview::__if_testing! {
                const CANONICAL: bool = #canonical;
                const MAPPED: bool = #mapped;

                fn draw(
                    __draw: &mut __wireview::laws::Draw<'_>,
                    __given: <Self as __declare::Declare>::Context,
                ) -> ::core::option::Option<<Self as __wireview::Wire>::Of<__declare::sample::Bytes>> {
                    use __declare::sample as __sample;
                    let (#(#names,)*) = __given;
                    __sample::message(__draw, |__draw| {
                        #asserts
                        #one
                    })
                }

                fn draw_written(
                    __draw: &mut __wireview::laws::Draw<'_>,
                    __given: <Self as __declare::Declare>::Context,
                ) -> ::core::option::Option<__declare::sample::Vec<u8>> {
                    let __message = <Self as __declare::Declare>::draw(__draw, __given)?;
                    __declare::sample::written(__message, __given)
                }
            }
        }
    }

    /// A message is not longer than its frame may be.
    fn fits(&self, fields: &Fields) -> TokenStream {
        let len = quote!(__declare::Put::wire_len(&__message, __given));
        if let Some(Frame::Scan(max)) = &self.of.frame {
            return quote!(if #len > (#max) as u64 { return ::core::option::Option::None; });
        }
        let list = &fields.list;
        let found = list.iter().enumerate().find_map(|(at, field)| match &field.kind {
            Kind::Computed { number, role: Role::Frame { all, max } } => Some((at, number, *all, max)),
            _ => None,
        });
        let Some((at, number, all, max)) = found else { return quote!() };
        let before: u64 =
            nodes(&list[..at]).iter().map(|node| if let Node::Run(run) = node { run.bytes as u64 } else { 0 }).sum();
        let said = match (all, number.bytes()) {
            (true, _) => quote!(#len),
            (false, Some(bytes)) => {
                let head = before + bytes as u64;
                quote!(#len - #head)
            }
            (false, None) => quote!(__generated::after_varint(#len - #before)),
        };
        let largest = number.largest();
        quote!(if #said > ::core::cmp::Ord::min((#max) as u64, #largest) { return ::core::option::Option::None; })
    }

    fn union(&self, union: &Union) -> TokenStream {
        let name = &self.of.ident;
        let fits = union.len.as_ref().map(|(number, max)| {
            let largest = number.largest();
            quote! {
                if __message.__inner_len(__given) > ::core::cmp::Ord::min((#max) as u64, #largest) {
                    return ::core::option::Option::None;
                }
            }
        });
        if union.variants.is_empty() {
            return quote!(::core::option::Option::None);
        }
        let known: Vec<&Expr> = union.variants.iter().filter_map(|variant| variant.tag.as_ref()).collect();
        let arms = union.variants.iter().enumerate().map(|(index, variant)| {
            let ident = &variant.ident;
            let asserts = holds(&variant.asserts);
            let tag = variant.fields.list.iter().find(|field| matches!(field.kind, Kind::Tag)).map(|field| {
                let local = &field.local;
                let (bits, ty) = (number_bits(&union.tag), &union.tag.ty);
                let refused = (!known.is_empty()).then(|| {
                    quote! {
                        if ::core::matches!(__tag, #(#known)|*) {
                            return ::core::option::Option::None;
                        }
                    }
                });
                // The neighbours of what is known.
                let hints =
                    known.iter().filter_map(|tag| literal(&tag.to_token_stream())).map(|tag| tag.saturating_add(1));
                let hints: Vec<u128> = hints.collect();
                quote! {
                    let #local = __sample::number(__draw, #bits, &[#(#hints),*], |__raw| {
                        let __tag = __raw as ::core::primitive::#ty;
                        #refused
                        ::core::option::Option::Some(__tag)
                    })?;
                }
            });
            let fields = self.fields(&variant.fields, &quote!(#name::#ident));
            quote!(#index => { #tag #asserts #fields })
        });
        let variants = union.variants.len();
        quote! {
            let __message = match __sample::variant(__draw, #variants) {
                #(#arms)*
                _ => return ::core::option::Option::None,
            };
            #fits
            ::core::option::Option::Some(__message)
        }
    }

    /// Draws `fields`, and makes `name` of them.
    fn fields(&self, fields: &Fields, name: &TokenStream) -> TokenStream {
        let list = &fields.list;
        let steps = list.iter().filter(|field| field.member.is_some()).map(|field| self.step(field, list));
        // What says whether an optional field is there is computed: a message may say it wrong.
        let careless = list.iter().filter_map(|field| match &field.presence {
            Some(Presence::Bit { field: flags, mask }) if list.iter().any(|other| other.local == *flags) => {
                let local = &field.local;
                Some(quote! {
                    let #flags = if !__sample::is_careless(__draw) {
                        #flags
                    } else if #local.is_some() && #flags & (#mask) == (#mask) {
                        #flags & !(#mask)
                    } else if #local.is_some() {
                        // Of several bits some are set: none of them would be written as all.
                        #flags
                    } else {
                        #flags | (#mask)
                    };
                })
            }
            _ => None,
        });
        let members = list.iter().filter_map(|field| {
            let (member, local) = (field.member.as_ref()?, &field.local);
            Some(quote!(#member: #local))
        });
        quote!({ #(#steps)* #(#careless)* #name { #(#members),* } })
    }

    fn step(&self, field: &Field, list: &[Field]) -> TokenStream {
        let local = &field.local;
        let draw = self.value(field, list);
        match &field.presence {
            None => draw,
            Some(presence) => {
                let condition = match presence {
                    Presence::If(condition) => quote!(#condition),
                    Presence::Bit { field, mask } => quote!((#field & (#mask)) != 0),
                    // Only behind another one that is there.
                    Presence::More => {
                        let before = list.iter().take_while(|other| other.local != field.local).last();
                        match before.filter(|before| before.is_more()) {
                            Some(before) => {
                                let before = &before.local;
                                quote!(#before.is_some() && __draw.flag())
                            }
                            None => quote!(__draw.flag()),
                        }
                    }
                };
                quote! {
                    let #local = if #condition {
                        #draw
                        ::core::option::Option::Some(#local)
                    } else {
                        ::core::option::Option::None
                    };
                }
            }
        }
    }

    /// Binds what field `field` is, if it is there.
    fn value(&self, field: &Field, list: &[Field]) -> TokenStream {
        let local = &field.local;
        let asserts = holds(&field.asserts);
        let number = |bits: u32, cast: TokenStream, map: Option<&Map>| {
            let hints = hints(field, list, map.is_none());
            let read = match map {
                None => quote!(),
                Some(Map { read, fallible: false, .. }) => quote!(let #local = (#read)(#local);),
                Some(Map { read, fallible: true, .. }) => quote!(let #local = (#read)(#local)?;),
            };
            quote! {
                let #local = __sample::number(__draw, #bits, &[#(#hints),*], |__raw: u128| {
                    let #local = #cast;
                    #read
                    #asserts
                    ::core::option::Option::Some(#local)
                })?;
            }
        };
        match &field.kind {
            Kind::Number { number: wide, map } => {
                let (bits, ty) = (number_bits(wide), &wide.ty);
                let cast = if wide.is_float() {
                    let bits = if *ty == "f32" { quote!(u32) } else { quote!(u64) };
                    quote!(::core::primitive::#ty::from_bits(__raw as #bits))
                } else if wide.is_signed() {
                    let free = 128 - bits;
                    quote!(((__raw << #free) as i128 >> #free) as ::core::primitive::#ty)
                } else {
                    quote!(__raw as ::core::primitive::#ty)
                };
                number(bits, cast, map.as_ref())
            }
            Kind::Bool | Kind::Bits { value: Bits::Bool, .. } => number(1, quote!(__raw != 0), None),
            Kind::Bits { bits, value: Bits::Number { ty, map } } => {
                number(*bits as u32, quote!(__raw as ::core::primitive::#ty), map.as_ref())
            }
            Kind::Bits { value: Bits::Computed { .. }, .. } | Kind::Computed { .. } => {
                quote!(let #local = __declare::Computed::new();)
            }
            Kind::Bits { .. } | Kind::Constant(_) | Kind::Pad { .. } | Kind::Align { .. } => quote!(let #local = ();),
            Kind::Check { .. } => quote!(let #local = __declare::Check::new();),
            // Drawn with the variant.
            Kind::Tag => quote!(),
            Kind::Array(len) => {
                let hints = byte_strings(list);
                quote! {
                    let #local = __sample::array(__draw, &[#(#hints),*], |#local: [u8; #len]| {
                        #asserts
                        ::core::option::Option::Some(#local)
                    })?;
                }
            }
            Kind::Bytes { text, extent, each } => {
                let (most, exact) = self.most(extent, list);
                let with_nul = !matches!(extent, Extent::Nul { .. });
                let draw = if *text { quote!(text) } else { quote!(bytes) };
                let each = each.as_ref().map(|each| {
                    let keep = if *text { quote!(each_of_text) } else { quote!(each) };
                    quote!(let #local = __sample::#keep(__draw, #local, #exact, #each)?;)
                });
                quote!(let #local = __sample::#draw(__draw, #most, #exact, #with_nul); #each #asserts)
            }
            Kind::Seq { element, extent, max, give } => {
                let give = Reader::give(give);
                let (most, _) = self.most(extent, list);
                let elements = match max {
                    Some(max) => quote!((#max) as u64),
                    None => quote!(u64::MAX),
                };
                let draw = match extent {
                    Extent::Prefix { counts: true, .. } | Extent::Named { counts: true, .. } => {
                        quote!(__sample::counted::<#element>(__draw, #most, #give))
                    }
                    Extent::Fixed(len) => quote!(__sample::exactly::<#element>(__draw, #len, #give)?),
                    Extent::Last(is_last) => quote! {{
                        let __pool = __sample::pool::<#element>(__draw, #give);
                        __sample::last::<#element>(__draw, &__pool, #elements, #give, #is_last)?
                    }},
                    _ => quote!(__sample::within::<#element>(__draw, #most, #elements, #give)),
                };
                quote!(let #local = #draw; #asserts)
            }
            Kind::Nested { extent, tag, give } => {
                let give = Reader::give(give);
                let ty = with_holder(&field.ty, self.of.holder.as_ref(), &quote!(__wireview::Span));
                let len = if tag.is_some() { quote!(PutTagged::tagged_len) } else { quote!(Put::wire_len) };
                let len = quote!(__declare::#len(&#local, #give));
                let fits = match extent {
                    None | Some(Extent::Rest) => quote!(),
                    Some(Extent::Fixed(exact)) => {
                        let exact = *exact as u64;
                        refuse(&quote!(#len != #exact))
                    }
                    Some(extent) => {
                        let (most, _) = self.most(extent, list);
                        refuse(&quote!(#len > #most))
                    }
                };
                let tagged = tag.as_ref().and_then(|tag| {
                    let largest = largest(list.iter().find(|other| other.local == *tag)?);
                    Some(refuse(&quote!(__declare::PutTagged::tag(&#local) > #largest)))
                });
                quote! {
                    let #local = __sample::part(__draw, |__draw| {
                        let #local = <#ty as __declare::Declare>::draw(__draw, #give)?;
                        #tagged
                        #fits
                        ::core::option::Option::Some(#local)
                    })?;
                    #asserts
                }
            }
        }
    }

    /// The most that `extent` can say, and whether it says just that.
    fn most(&self, extent: &Extent, list: &[Field]) -> (TokenStream, bool) {
        match extent {
            Extent::Prefix { number, max, .. } => {
                let largest = number.largest();
                (quote!(::core::cmp::Ord::min((#max) as u64, #largest)), false)
            }
            Extent::Named { field, max, .. } => {
                let largest = list.iter().find(|other| other.local == *field).map_or(u64::MAX, largest);
                (quote!(::core::cmp::Ord::min((#max) as u64, #largest)), false)
            }
            Extent::Fixed(len) => {
                let len = *len as u64;
                (quote!(#len), true)
            }
            Extent::Nul { max } => (quote!((#max) as u64), false),
            Extent::Rest | Extent::Last(_) => (quote!(u64::MAX), false),
        }
    }

    /// Whether all that is read has one form.
    fn canonical(&self) -> TokenStream {
        let mut nested = Vec::new();
        let own = match &self.of.body {
            Body::Struct(fields) => self.one_form(fields, &mut nested),
            Body::Enum(union) => {
                let prefix = |number: &Number| number.bytes().is_some();
                prefix(&union.tag)
                    && union.len.as_ref().is_none_or(|(number, _)| prefix(number))
                    && union.variants.iter().all(|variant| self.one_form(&variant.fields, &mut nested))
            }
        };
        quote!(#own #(&& <#nested as __declare::Declare>::CANONICAL)*)
    }

    /// Whether a number stands for something else.
    fn mapped(&self) -> TokenStream {
        let fields: Vec<&Field> = match &self.of.body {
            Body::Struct(fields) => fields.list.iter().collect(),
            Body::Enum(union) => union.variants.iter().flat_map(|variant| &variant.fields.list).collect(),
        };
        let own = fields.iter().any(|field| {
            matches!(
                field.kind,
                Kind::Number { map: Some(_), .. } | Kind::Bits { value: Bits::Number { map: Some(_), .. }, .. }
            )
        });
        let nested = fields.iter().filter(|field| matches!(field.kind, Kind::Nested { .. }));
        let nested = nested.map(|field| with_holder(&field.ty, self.of.holder.as_ref(), &quote!(__wireview::Span)));
        quote!(#own #(|| <#nested as __declare::Declare>::MAPPED)*)
    }

    fn one_form(&self, fields: &Fields, nested: &mut Vec<TokenStream>) -> bool {
        let form = |number: &Number| match number.wide {
            Wide::Bytes(_) => true,
            Wide::Varint { minimal, .. } | Wide::Zigzag { minimal, .. } => minimal,
        };
        fields.list.iter().all(|field| {
            let prefix = field.prefix().is_none_or(|(number, ..)| form(number));
            prefix
                && match &field.kind {
                    Kind::Number { number, map } => map.is_none() && form(number),
                    Kind::Computed { number, .. } => form(number),
                    Kind::Bits { value: Bits::Number { map, .. }, .. } => map.is_none(),
                    Kind::Bits { value: Bits::Ignored, .. } => false,
                    Kind::Pad { ignore, .. } | Kind::Align { ignore, .. } => !ignore,
                    Kind::Nested { .. } => {
                        nested.push(with_holder(&field.ty, self.of.holder.as_ref(), &quote!(__wireview::Span)));
                        true
                    }
                    _ => true,
                }
        })
    }
}

/// Leaves with `None` if one of `asserts` does not hold.
fn holds(asserts: &[Expr]) -> TokenStream {
    asserts.iter().map(|condition| refuse(&quote!(!(#condition)))).collect()
}

fn refuse(condition: &TokenStream) -> TokenStream {
    quote!(if #condition { return ::core::option::Option::None; })
}

/// How many bits `number` holds.
fn number_bits(number: &Number) -> u32 {
    let bits = bits_of(&number.ty).unwrap_or(64);
    let held = match number.wide {
        Wide::Bytes(bytes) => 8 * bytes,
        Wide::Varint { width, .. } | Wide::Zigzag { width, .. } => 7 * width,
    };
    held.min(bits) as u32
}

/// The largest number that a computed field can hold.
fn largest(field: &Field) -> u64 {
    match &field.kind {
        Kind::Computed { number, .. } => number.largest(),
        Kind::Bits { bits, .. } if *bits < 64 => (1 << bits) - 1,
        _ => u64::MAX,
    }
}

/// Numbers that stand beside the name of `field` in expressions: what it is compared with.
fn hints(field: &Field, list: &[Field], plain: bool) -> Vec<TokenStream> {
    let mut found = Vec::new();
    for condition in list.iter().flat_map(conditions) {
        let tokens = condition.to_token_stream();
        if !names(tokens.clone(), &field.local) {
            continue;
        }
        literals(tokens, &mut found);
    }
    let mut hints: Vec<TokenStream> = found.into_iter().map(|number| quote!(#number)).collect();
    if plain {
        hints.extend(field.asserts.iter().filter_map(|condition| constant(condition, &field.local)));
    }
    hints
}

/// `field == CONSTANT`.
fn constant(condition: &Expr, field: &Ident) -> Option<TokenStream> {
    let Expr::Binary(binary) = condition else { return None };
    let (BinOp::Eq(_), Expr::Path(left), Expr::Path(right)) = (binary.op, &*binary.left, &*binary.right) else {
        return None;
    };
    let is_constant = right.path.segments.last()?.ident.to_string().chars().all(|letter| !letter.is_lowercase());
    (left.path.is_ident(field) && is_constant).then(|| quote!((#right) as u128))
}

fn conditions(field: &Field) -> Vec<Expr> {
    let mut list = field.asserts.clone();
    match &field.presence {
        Some(Presence::If(condition)) => list.push(condition.clone()),
        Some(Presence::Bit { field, mask }) => list.push(syn::parse_quote!(#field & #mask)),
        Some(Presence::More) | None => {}
    }
    list
}

fn names(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => names(group.stream(), name),
        _ => false,
    })
}

/// All numbers that are written out in `tokens`.
fn literals(tokens: TokenStream, found: &mut Vec<u128>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => literals(group.stream(), found),
            other => found.extend(literal(&other.to_token_stream())),
        }
    }
}

fn literal(token: &TokenStream) -> Option<u128> {
    match syn::parse2(token.clone()).ok()? {
        Lit::Int(int) => int.base10_parse().ok(),
        Lit::Byte(byte) => Some(byte.value().into()),
        _ => None,
    }
}

/// All byte strings that are written out in expressions.
fn byte_strings(list: &[Field]) -> Vec<TokenStream> {
    fn find(tokens: TokenStream, found: &mut Vec<TokenStream>) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => find(group.stream(), found),
                other => {
                    if let Ok(Lit::ByteStr(bytes)) = syn::parse2(other.to_token_stream()) {
                        found.push(quote!(#bytes));
                    }
                }
            }
        }
    }
    let mut found = Vec::new();
    list.iter().flat_map(conditions).for_each(|condition| find(condition.to_token_stream(), &mut found));
    found
}
